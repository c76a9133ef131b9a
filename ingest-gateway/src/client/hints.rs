//! Client hints: what Chromium-based browsers say of themselves beside the user agent.
//!
//! A script that puts on another browser's user agent seldom puts on its hints as well, so the stamp says
//! when the two contradict each other. Only what is sent can contradict: browsers other than Chromium's,
//! and all of them without TLS, send no hints, which is no sign of anything.

use axum::http::HeaderMap;

const PLATFORM: &str = "sec-ch-ua-platform";
const MOBILE: &str = "sec-ch-ua-mobile";
const BRANDS: &str = "sec-ch-ua";

/// The hints of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// One of the words of the device field `platform`.
    pub(super) platform: Option<&'static str>,
    pub(super) mobile: Option<bool>,
    /// The brands name a headless browser.
    headless: bool,
    any: bool,
}

impl Hints {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (platform, mobile, brands) = (text(PLATFORM), text(MOBILE), text(BRANDS));
        Self {
            platform: platform.map(platform_word),
            mobile: mobile.and_then(|mobile| match mobile.trim() {
                "?1" => Some(true),
                "?0" => Some(false),
                _ => None,
            }),
            headless: brands.is_some_and(|brands| brands.to_ascii_lowercase().contains("headless")),
            any: platform.is_some() || mobile.is_some() || brands.is_some(),
        }
    }

    /// Whether they contradict the user agent, given in lower case; `None` without hints or user agent.
    pub(super) fn contradict(self, user_agent: &str) -> Option<bool> {
        if !self.any || user_agent.is_empty() {
            return None;
        }
        let chromium = user_agent.contains("chrome/");
        let platform = self.platform.zip(platform_of(user_agent));
        let other_platform = platform.is_some_and(|(hinted, shown)| hinted != shown);
        let other_form = self
            .mobile
            .is_some_and(|mobile| mobile != user_agent.contains("mobile"));
        let hides_head = self.headless && !user_agent.contains("headless");
        Some(!chromium || other_platform || other_form || hides_head)
    }
}

/// The platform in a hint, a quoted text such as `"Windows"`.
fn platform_word(hint: &str) -> &'static str {
    match hint.trim().trim_matches('"').to_ascii_lowercase().as_str() {
        "windows" => "windows",
        "macos" | "mac os x" => "macos",
        "linux" => "linux",
        "android" => "android",
        "ios" => "ios",
        "chrome os" | "chromium os" => "chromeos",
        _ => "other",
    }
}

/// The platform in a user agent. The order matters: Android says Linux as well, an iPhone Mac OS.
fn platform_of(user_agent: &str) -> Option<&'static str> {
    let names = [
        ("android", "android"),
        ("iphone", "ios"),
        ("ipad", "ios"),
        ("cros", "chromeos"),
        ("windows", "windows"),
        ("macintosh", "macos"),
        ("linux", "linux"),
    ];
    let found = names
        .into_iter()
        .find(|(name, _)| user_agent.contains(name));
    found.map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::event::{Field, Rule};

    const WINDOWS: &str = "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/140.0.0.0 safari/537.36";
    const PHONE: &str = "mozilla/5.0 (linux; android 10; k) applewebkit/537.36 (khtml, like gecko) chrome/140.0.0.0 mobile safari/537.36";

    fn hints(platform: &str, mobile: &str, brands: &str) -> Hints {
        let mut headers = HeaderMap::new();
        for (name, value) in [(PLATFORM, platform), (MOBILE, mobile), (BRANDS, brands)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().unwrap());
            }
        }
        Hints::of(&headers)
    }

    #[test]
    fn platforms_are_the_words_of_the_device_field() {
        let Rule::Word(words) = Field::Platform.rule() else {
            panic!("the platform is no word any more");
        };
        for (hint, word) in [
            ("\"Windows\"", "windows"),
            ("\"macOS\"", "macos"),
            ("\"Chrome OS\"", "chromeos"),
            ("\"Chromium OS\"", "chromeos"),
            ("\"Android\"", "android"),
            ("\"Unknown\"", "other"),
            ("Fuchsia", "other"),
        ] {
            assert_eq!(hints(hint, "", "").platform, Some(word));
            assert!(words.contains(&word), "{word}");
        }
        assert_eq!(hints("", "?1", "").mobile, Some(true));
        assert_eq!(hints("", "yes", "").mobile, None);
    }

    #[test]
    fn hints_that_agree_do_not_contradict() {
        assert_eq!(
            hints("\"Windows\"", "?0", "\"Chromium\";v=\"140\"").contradict(WINDOWS),
            Some(false)
        );
        assert_eq!(
            hints("\"Android\"", "?1", "").contradict(PHONE),
            Some(false)
        );
        assert_eq!(
            Hints::default().contradict(WINDOWS),
            None,
            "nothing was said"
        );
        assert_eq!(hints("\"Windows\"", "", "").contradict(""), None);
    }

    #[test]
    fn a_borrowed_user_agent_shows() {
        let cases = [
            (hints("\"Linux\"", "?0", ""), WINDOWS, "another platform"),
            (hints("\"Android\"", "?0", ""), PHONE, "another form"),
            (
                hints("\"Windows\"", "?0", "\"HeadlessChrome\";v=\"140\""),
                WINDOWS,
                "headless",
            ),
            (
                hints("\"Windows\"", "?0", ""),
                "mozilla/5.0 (windows nt 10.0; rv:143.0) gecko/20100101 firefox/143.0",
                "no Chromium",
            ),
            (
                hints("\"Linux\"", "?0", ""),
                "python-requests/2.32",
                "a library",
            ),
        ];
        for (hints, user_agent, what) in cases {
            assert_eq!(hints.contradict(user_agent), Some(true), "{what}");
        }
    }
}
