//! ReDoc at `/redoc`, from one embedded file (version 2.5.4, its footer with a logo from elsewhere taken out).

use super::static_file::StaticFile;

/// ReDoc writes style elements, and searches in a worker that it makes from a `blob:` URL.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and what it loads, by path.
pub(super) fn files() -> Vec<(&'static str, StaticFile)> {
    let html = include_str!("../../assets/docs/redoc.html").as_bytes();
    let start = include_str!("../../assets/docs/redoc.js").as_bytes();
    let bundle: &'static [u8] = include_bytes!("../../assets/redoc/redoc.standalone.js");
    vec![
        ("/redoc", StaticFile::new("text/html; charset=utf-8", html).policy(POLICY)),
        ("/redoc/start.js", StaticFile::new("text/javascript; charset=utf-8", start)),
        ("/redoc/redoc.standalone.js", StaticFile::new("text/javascript; charset=utf-8", bundle).cached()),
    ]
}
