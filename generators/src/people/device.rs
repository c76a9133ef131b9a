//! What a simulated browser says of its device and connection: the first events of every session.

use crate::dice::Dice;
use crate::session::Member;
use crate::stage::{Stage, whole};
use crate::survey::Viewport;

/// A device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) viewport: Viewport,
    screen: Viewport,
    pixel_ratio: f64,
    platform: &'static str,
    browser: &'static str,
    cores: i64,
    memory: i64,
    touch_points: i64,
    mobile: bool,
    connection: &'static str,
    /// Whether the browser admits to be driven by a program.
    pub(crate) webdriver: bool,
    /// Whether the respondent says to use assistive technology.
    pub(crate) assistive: bool,
    /// What draws WebGL.
    pub(crate) renderer: &'static str,
}

const SCREENS: [(f64, f64); 5] = [
    (1280.0, 720.0),
    (1366.0, 768.0),
    (1440.0, 900.0),
    (1536.0, 864.0),
    (1920.0, 1080.0),
];
const PHONES: [(f64, f64, f64); 4] = [
    (360.0, 780.0, 3.0),
    (390.0, 844.0, 3.0),
    (412.0, 915.0, 2.6),
    (430.0, 932.0, 3.0),
];

/// A desktop or laptop computer.
pub(crate) fn desktop(dice: &mut Dice) -> Device {
    let (width, height) = SCREENS[dice.below(SCREENS.len())];
    let (platform, browser) = [
        ("windows", "chrome"),
        ("windows", "edge"),
        ("windows", "firefox"),
        ("macos", "safari"),
        ("macos", "chrome"),
        ("linux", "firefox"),
    ][dice.below(6)];
    Device {
        screen: Viewport { width, height },
        // Title bar, tabs and task bar take their part.
        viewport: Viewport {
            width,
            height: height - 130.0,
        },
        pixel_ratio: [1.0, 1.25, 2.0][dice.below(3)],
        platform,
        browser,
        cores: [4, 8, 8, 12, 16][dice.below(5)],
        memory: 8,
        touch_points: 0,
        mobile: false,
        connection: ["ethernet", "wifi"][dice.below(2)],
        webdriver: false,
        assistive: false,
        renderer: "hardware",
    }
}

/// A phone.
pub(crate) fn phone(dice: &mut Dice) -> Device {
    let (width, height, pixel_ratio) = PHONES[dice.below(PHONES.len())];
    let (platform, browser) = [
        ("android", "chrome"),
        ("android", "samsung"),
        ("ios", "safari"),
    ][dice.below(3)];
    Device {
        screen: Viewport { width, height },
        viewport: Viewport {
            width,
            height: height - 110.0,
        },
        pixel_ratio,
        platform,
        browser,
        cores: [6, 8][dice.below(2)],
        memory: 4,
        touch_points: 5,
        mobile: true,
        connection: ["wifi", "cellular"][dice.below(2)],
        webdriver: false,
        assistive: false,
        renderer: "hardware",
    }
}

/// Writes what `device` says at the start of a session.
pub(crate) fn introduce(stage: &mut Stage, device: &Device) {
    let pixels = |number: f64| Member::Whole(whole(number));
    let mut members = vec![
        ("screen_width", pixels(device.screen.width)),
        ("screen_height", pixels(device.screen.height)),
        ("viewport_width", pixels(device.viewport.width)),
        ("viewport_height", pixels(device.viewport.height)),
        ("pixel_ratio", Member::Number(device.pixel_ratio)),
        ("platform", Member::Word(device.platform)),
        ("browser", Member::Word(device.browser)),
        ("cores", Member::Whole(device.cores)),
        ("memory", Member::Whole(device.memory)),
        ("touch_points", Member::Whole(device.touch_points)),
        ("mobile", Member::Flag(device.mobile)),
        ("webdriver", Member::Flag(device.webdriver)),
        ("renderer", Member::Word(device.renderer)),
        ("languages", Member::Whole(2)),
    ];
    if device.assistive {
        members.push(("assistive", Member::Flag(true)));
    }
    stage.emit("device", members);
    // Browsers round the round-trip time to 25 ms.
    let round_trip = i64::try_from(stage.dice.whole(1, 8)).unwrap_or(1) * 25;
    stage.emit(
        "network",
        vec![
            ("rtt", Member::Whole(round_trip)),
            ("connection", Member::Word(device.connection)),
        ],
    );
}
