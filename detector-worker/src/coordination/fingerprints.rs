//! Which fingerprints a closed window leaves behind. Pure: a function of the window and its final verdict.

use detection::Window;
use schemas::coordination::{Fingerprint, FingerprintKind, FingerprintRecord, SketchBytes};
use schemas::header::{RecordHeaders, RecordType};
use schemas::verdict::{Phase, VerdictRecord};

/// Fewest key intervals of a rhythm that can be compared.
const MIN_INTERVALS: usize = 30;

/// The fingerprints of a window whose final verdict is `last` and whose features are `features`; none of a window that
/// goes on. A window that goes on after its end and ends again gives them again, which changes no count.
pub fn fingerprints_of(last: &VerdictRecord, features: &Window) -> Vec<FingerprintRecord> {
    if last.revision.phase != Phase::Final {
        return Vec::new();
    }
    let record = |kind, fingerprint: Fingerprint, sketch| FingerprintRecord {
        session_id: last.session_id,
        organisation: last.organisation.clone(),
        survey_id: last.session.survey_id.clone(),
        window: last.window,
        kind,
        fingerprint,
        sketch,
        observed_at: last.session.updated_at,
    };
    let device = features.device_fingerprint();
    let device = device.map(|fingerprint| record(FingerprintKind::Device, fingerprint, None));
    let sketch = features.sketch();
    let (movements, rhythm) = (sketch.of_movements(), sketch.of_rhythm());
    let sketches = [
        (
            FingerprintKind::Trajectory,
            sketch.movements() > 0,
            movements,
        ),
        (
            FingerprintKind::Rhythm,
            sketch.intervals() >= MIN_INTERVALS,
            rhythm,
        ),
    ];
    let sketches = sketches.into_iter().filter(|(_, enough, _)| *enough);
    let sketches = sketches.map(|(kind, _, sketch)| {
        let bytes = SketchBytes::new(sketch.to_bytes());
        record(kind, sketch.fingerprint(), Some(bytes))
    });
    device.into_iter().chain(sketches).collect()
}

/// The headers of a fingerprint record; its key is [`FingerprintRecord::key`].
pub fn headers_of(record: &FingerprintRecord, traceparent: Option<&str>) -> RecordHeaders {
    RecordHeaders {
        record_type: RecordType::Fingerprint,
        id: format!(
            "{}-{}-{}",
            record.session_id,
            record.window,
            record.kind.as_str()
        ),
        source: super::SOURCE.to_owned(),
        organisation: record.organisation.clone(),
        traceparent: traceparent.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::session::SessionStarted;

    const VERDICT: &str = include_str!("../../../schemas/golden/candor.verdict.v1.json");
    const STARTED: &str = r#"{"session_id":"019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d","created_at":"2026-09-21T14:13:20Z",
        "expires_at":"2026-09-22T14:13:20Z","versions":{"ruleset":"builtin-1","model":"none"},
        "device":{"screen_width":390,"screen_height":844,"platform":"ios","browser":"safari","pixel_ratio":3,
            "cores":6,"timezone_offset":-120},
        "client":{"address_hash":"5e1f","user_agent_class":"browser"}}"#;

    fn features() -> Window {
        let started: SessionStarted = serde_json::from_str(STARTED).unwrap();
        let mut window = Window::new();
        window.start(&started);
        window
    }

    #[test]
    fn a_closed_window_leaves_its_device_behind() {
        let last: VerdictRecord = serde_json::from_str(VERDICT).unwrap();
        let records = fingerprints_of(&last, &features());
        assert_eq!(records.len(), 1);
        let record = &records[0];
        assert_eq!(Some(record.fingerprint), features().device_fingerprint());
        assert_eq!(
            (record.session_id, record.window, record.observed_at),
            (last.session_id, 120, last.session.updated_at)
        );
        assert_eq!(record.survey_id.as_deref(), Some("SV_1"));
    }

    #[test]
    fn a_window_that_goes_on_or_says_too_little_leaves_nothing() {
        let last: VerdictRecord = serde_json::from_str(VERDICT).unwrap();
        assert_eq!(fingerprints_of(&last, &Window::new()), []);
        for phase in [Phase::Running, Phase::Requested] {
            let mut running = last.clone();
            running.revision.phase = phase;
            assert_eq!(fingerprints_of(&running, &features()), []);
        }
    }
}
