//! Device: what the browser says of itself. Weak where privacy tools say the same.

use schemas::event::{Event, Field, Value};
use schemas::session::ClientStamp;
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use super::{Pointer, Surroundings};
use crate::finding::{Finding, Judgement};
use crate::fingerprint::Traits;

/// What has been said; the latest report of each property counts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Device {
    reports: u32,
    webdriver: bool,
    automation: bool,
    headless: bool,
    software_renderer: bool,
    user_agent_mismatch: bool,
    /// Said by the headers of the request that opened the session.
    hint_mismatch: bool,
    hint_mobile: Option<bool>,
    mobile: bool,
    assistive: bool,
    touch_points: Option<f32>,
    screen: (Option<Hundredths>, Option<Hundredths>),
    viewport: (Option<Hundredths>, Option<Hundredths>),
    no_languages: bool,
    /// For the fingerprint alone.
    pub(crate) traits: Traits,
}

/// A length in hundredths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Hundredths(i32);

impl Hundredths {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; no screen is that large"
    )]
    fn of(px: f64) -> Self {
        Self((px * 100.0).round() as i32)
    }

    fn px(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Device {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.reports = self.reports.saturating_add(1);
        for (field, value) in event.fields() {
            match value {
                Value::Flag(flag) => self.flag(*field, *flag),
                Value::Number(number) => self.number(*field, *number),
                Value::Word(word) => self.word(*field, word),
            }
        }
    }

    pub(crate) fn flag(&mut self, field: Field, value: bool) {
        self.reports = self.reports.max(1);
        self.traits.flag(field, value);
        match field {
            Field::Webdriver => self.webdriver = value,
            Field::Automation => self.automation = value,
            Field::Headless => self.headless = value,
            Field::UserAgentMismatch => self.user_agent_mismatch = value,
            Field::Mobile => self.mobile = value,
            Field::Assistive => self.assistive = value,
            _ => {}
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a count of fingers, of which only the sign matters"
    )]
    pub(crate) fn number(&mut self, field: Field, value: f64) {
        self.reports = self.reports.max(1);
        self.traits.number(field, value);
        match field {
            Field::TouchPoints => self.touch_points = Some(value as f32),
            Field::ScreenWidth => self.screen.0 = Some(Hundredths::of(value)),
            Field::ScreenHeight => self.screen.1 = Some(Hundredths::of(value)),
            Field::ViewportWidth => self.viewport.0 = Some(Hundredths::of(value)),
            Field::ViewportHeight => self.viewport.1 = Some(Hundredths::of(value)),
            Field::Languages => self.no_languages = value == 0.0,
            _ => {}
        }
    }

    pub(crate) fn word(&mut self, field: Field, value: &str) {
        self.reports = self.reports.max(1);
        self.traits.word(field, value);
        if field == Field::Renderer {
            self.software_renderer = value == "software";
        }
    }

    /// What the gateway saw of who opened the session.
    pub(crate) fn client(&mut self, client: &ClientStamp) {
        self.hint_mismatch = client.hint_mismatch == Some(true);
        self.hint_mobile = client.hint_mobile;
    }

    /// Whether the browser says that assistive technology is in use.
    pub(crate) fn is_assistive(&self) -> bool {
        self.assistive
    }

    /// What the pointer's tests must know.
    pub(crate) fn surroundings(&self) -> Surroundings {
        // Less than any browser's bars take, so that rounding by a pixel ratio does not look like a window.
        const BARS: f64 = 30.0;
        let smaller = |view: Option<Hundredths>, screen: Option<Hundredths>| {
            view.zip(screen)
                .map(|(view, screen)| (view.px(), screen.px()))
                .is_some_and(|(view, screen)| view > 0.0 && view + BARS < screen)
        };
        Surroundings {
            touch: self.mobile || self.touch_points.is_some_and(|points| points > 0.0),
            windowed: smaller(self.viewport.0, self.screen.0)
                || smaller(self.viewport.1, self.screen.1),
        }
    }

    pub(crate) fn judge(&self, pointer: &Pointer) -> Judgement {
        let mut judgement = Judgement::new(Method::Device, self.reports, self.reports > 0);
        for (holds, code, weight, text) in self.claims(pointer) {
            judgement.find(holds, || Finding {
                code,
                weight,
                evidence: Vec::new(),
                text: text.to_owned(),
            });
        }
        let larger = |view: Option<Hundredths>, screen: Option<Hundredths>| {
            view.zip(screen)
                .map(|(view, screen)| (view.px(), screen.px()))
                .filter(|(view, screen)| *view > screen * 1.5)
        };
        let beyond =
            larger(self.viewport.0, self.screen.0).or(larger(self.viewport.1, self.screen.1));
        if let Some((view, screen)) = beyond {
            judgement.findings.push(Finding {
                code: "device.viewport_beyond_screen",
                weight: 0.4,
                evidence: vec![("viewport_px", view), ("screen_px", screen)],
                text: format!("The viewport ({view} px) is larger than the screen ({screen} px)."),
            });
        }
        judgement
    }

    #[rustfmt::skip]
    fn claims(&self, pointer: &Pointer) -> [(bool, &'static str, f64, &'static str); 8] {
        let mismatch = self.user_agent_mismatch || self.hint_mismatch;
        // A phone may ask for the page of a computer; a computer has no reason to call itself a phone.
        let posed = self.mobile && self.hint_mobile == Some(false);
        let deaf = self.mobile && self.touch_points == Some(0.0) && !pointer.touched();
        [
            (self.webdriver, "device.webdriver", 0.95, "The browser says that it is driven by a program (navigator.webdriver)."),
            (self.automation, "device.automation_traces", 0.9, "Traces of an automation framework were found in the page."),
            (self.headless, "device.headless", 0.9, "The browser runs without a screen."),
            (mismatch, "device.user_agent_mismatch", 0.4, "User agent and client hints contradict each other."),
            (posed, "device.posed_mobile", 0.4, "The page was told that the device is mobile, the request that it is not."),
            (self.software_renderer, "device.software_renderer", 0.2, "Graphics are drawn in software, as on servers and virtual machines."),
            (self.no_languages, "device.no_languages", 0.3, "The browser names no language."),
            (deaf, "device.mobile_without_touch", 0.5, "A mobile device that knows no touch."),
        ]
    }
}
