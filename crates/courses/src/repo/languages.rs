//! The languages that PostgreSQL's full text knows.

/// PostgreSQL's text search configurations by language; `simple` stems nothing.
pub const LANGUAGES: [(&str, &str); 28] = [
    ("ar", "arabic"),
    ("hy", "armenian"),
    ("eu", "basque"),
    ("ca", "catalan"),
    ("da", "danish"),
    ("nl", "dutch"),
    ("en", "english"),
    ("fi", "finnish"),
    ("fr", "french"),
    ("de", "german"),
    ("el", "greek"),
    ("hi", "hindi"),
    ("hu", "hungarian"),
    ("id", "indonesian"),
    ("ga", "irish"),
    ("it", "italian"),
    ("lt", "lithuanian"),
    ("ne", "nepali"),
    ("nb", "norwegian"),
    ("pt", "portuguese"),
    ("ro", "romanian"),
    ("ru", "russian"),
    ("sr", "serbian"),
    ("es", "spanish"),
    ("sv", "swedish"),
    ("ta", "tamil"),
    ("tr", "turkish"),
    ("yi", "yiddish"),
];

/// The text search configuration of a language tag (BCP 47).
pub fn configuration(locale: &str) -> &'static str {
    let language = locale.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let language = if matches!(&*language, "no" | "nn") { "nb" } else { &*language };
    LANGUAGES.iter().find(|(tag, _)| *tag == language).map_or("simple", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::configuration;

    #[test]
    fn languages_have_their_configuration() {
        for (locale, name) in
            [("en-GB", "english"), ("de", "german"), ("pt-BR", "portuguese"), ("no", "norwegian"), ("xx", "simple")]
        {
            assert_eq!(configuration(locale), name, "{locale}");
        }
    }
}
