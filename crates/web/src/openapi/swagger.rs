//! Swagger UI at `/docs`, from the files embedded by `utoipa-swagger-ui`; page and start-up script are our own, so that no
//! script is inline and nothing is fetched from elsewhere.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::static_file::StaticFile;

/// Swagger UI writes style attributes and draws its icons from `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("../../assets/docs/swagger.html");
const START: &str = include_str!("../../assets/docs/swagger.js");
const STYLE: &str = include_str!("../../assets/docs/swagger.css");

/// The page and what it loads, by path.
pub(super) fn files() -> Vec<(&'static str, StaticFile)> {
    let own = |kind, text: &'static str| StaticFile::new(kind, text.as_bytes());
    let mut files = vec![
        ("/docs", own("text/html; charset=utf-8", PAGE).policy(POLICY)),
        ("/docs/start.js", own("text/javascript; charset=utf-8", START)),
        ("/docs/style.css", own("text/css; charset=utf-8", STYLE)),
    ];
    for (path, name, kind) in [
        ("/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/docs/swagger-ui.css", "swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/favicon.png", "favicon-32x32.png", "image/png"),
    ] {
        let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
        if let Ok(Some(file)) = utoipa_swagger_ui::serve(name, config) {
            let bytes = match file.bytes {
                Cow::Borrowed(embedded) => Bytes::from_static(embedded),
                Cow::Owned(unpacked) => unpacked.into(),
            };
            files.push((path, StaticFile::new(kind, bytes).cached()));
        } else {
            tracing::error!(name, "Swagger UI lacks a file");
        }
    }
    files
}
