//! A device in words, for the list of one's sessions.

/// Browser (or program) and system out of a `User-Agent` (RFC 9110): "Firefox on Windows". People recognise their devices by
/// it; nothing is decided by it.
pub fn device_name(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.map(str::trim).filter(|text| !text.is_empty()) else {
        return "Unknown device".to_owned();
    };
    match (program(text), system(text)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program,
        (None, Some(system)) => system.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// Most specific first: every browser claims to be several others as well.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Most specific first: Android is Linux, and an iPhone is "like Mac OS X".
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

fn program(text: &str) -> Option<String> {
    if let Some((_, name)) = BROWSERS.iter().find(|(mark, _)| text.contains(mark)) {
        return Some((*name).to_owned());
    }
    // Programs that are no browsers begin with their own name: `curl/8.5.0`, `okhttp/4.12`.
    let product = text.split(['/', ' ', '(']).next().unwrap_or_default();
    let name: String = product.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(40).collect();
    (!name.is_empty() && name != "Mozilla").then_some(name)
}

fn system(text: &str) -> Option<&'static str> {
    SYSTEMS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn browsers_and_programs() {
        for (user_agent, expected) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Safari/605.1.15", "Safari on macOS"),
            ("curl/8.5.0", "curl"),
            ("LyceumApp/1.2 (Android 14)", "LyceumApp on Android"),
            ("Mozilla/5.0", "Unknown device"),
            ("  ", "Unknown device"),
        ] {
            assert_eq!(device_name(Some(user_agent)), expected, "{user_agent}");
        }
        assert_eq!(device_name(None), "Unknown device");
    }
}
