//! The report as a whole: sections, then what stands on every page.

use super::canvas::{Align, Canvas, HEIGHT, INNER, MARGIN, MUTED, Mark, RULE, Style, WIDTH};
use super::figures::ReportFigures;
use super::fonts::Fonts;
use super::{pdf, sections, words};
use crate::error::ApiError;

const FOOT: Style = Style::regular(7.5, MUTED);

/// The report as PDF.
pub(crate) fn render(fonts: Fonts, figures: &ReportFigures) -> Result<Vec<u8>, ApiError> {
    let mut canvas = Canvas::new(fonts);
    sections::title(&mut canvas, figures);
    sections::tiles(&mut canvas, figures);
    sections::over_time(&mut canvas, figures);
    sections::verdicts(&mut canvas, figures);
    sections::caution(&mut canvas);
    sections::methods(&mut canvas, figures);
    sections::reasons(&mut canvas, figures);
    sections::campaigns(&mut canvas, figures);
    sections::notes(&mut canvas);
    let pages = finish(canvas, figures);
    let about = pdf::About {
        title: format!("Survey quality report: {}", figures.survey),
        subject: words::period(figures.period),
        at: figures.at,
    };
    pdf::write(&pages, about)
}

/// Adds the foot of every page.
fn finish(canvas: Canvas, figures: &ReportFigures) -> Vec<Vec<Mark>> {
    let Canvas { fonts, pages, .. } = canvas;
    let count = pages.len();
    let y = HEIGHT - 34.0;
    let of_page = |(place, marks): (usize, Vec<Mark>)| {
        let mut page = Canvas::new(fonts.clone());
        page.pages = vec![marks];
        page.rule((MARGIN, y - 12.0), INNER, RULE);
        let name = page.fit(FOOT, &figures.survey, 220.0);
        let left = format!("Candor · {name} · made {}", words::instant(figures.at));
        page.text((MARGIN, y), Align::Left, FOOT, &left);
        let right = format!("{} / {count}", place + 1);
        page.text((WIDTH - MARGIN, y), Align::Right, FOOT, &right);
        page.pages.pop().unwrap_or_default()
    };
    pages.into_iter().enumerate().map(of_page).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::export::report::counts::Counts;
    use crate::export::report::figures::{Bucket, CampaignLine, CountedReason};
    use crate::query::Period;
    use crate::verdict::RiskLevel;

    fn begin() -> DateTime<Utc> {
        "2026-10-26T00:00:00Z".parse().unwrap()
    }

    /// A day of a survey with a wave of bots in its second week.
    fn day(day: i64) -> (DateTime<Utc>, Counts) {
        let sessions = [410, 388, 420, 402, 377, 190, 166][usize::try_from(day % 7).unwrap()];
        let bots = if (8..13).contains(&day) {
            150 + 30 * (day - 8)
        } else {
            9 + day % 4
        };
        let counts = Counts {
            sessions: sessions + bots,
            completed: sessions + bots - 20,
            judged: sessions + bots - 6,
            bots,
            risks: [sessions - 30, 24, bots / 3, bots - bots / 3],
            classes: [sessions - 40, bots * 2 / 3, bots / 4, 3, 1, 30],
            methods: [
                bots / 2,
                bots,
                bots / 3,
                bots / 5,
                2,
                4,
                bots / 8,
                7,
                bots / 2,
                bots,
            ],
            with_findings: bots / 2,
            events: sessions * 300,
            score_sum: sessions * 90 + bots * 930,
            ..Counts::default()
        };
        (begin() + TimeDelta::days(day), counts)
    }

    fn reason(code: &str, text: &str, sessions: i64) -> CountedReason {
        CountedReason {
            code: code.to_owned(),
            text: text.to_owned(),
            sessions,
        }
    }

    fn campaign(kind: &str, sessions: i64, risk: RiskLevel) -> CampaignLine {
        CampaignLine {
            kind: kind.to_owned(),
            fingerprint: "9f86d081884c7d659a2feaa0c55ad015".to_owned(),
            sessions,
            first_at: begin() + TimeDelta::hours(8 * 24 + 3),
            last_at: begin() + TimeDelta::hours(12 * 24 + 21),
            score: 0.94,
            risk,
        }
    }

    /// Three weeks of a survey.
    fn example(survey: &str) -> ReportFigures {
        let series: Vec<(DateTime<Utc>, Counts)> = (0..21).map(day).collect();
        let mut totals = Counts::default();
        for (_, counts) in &series {
            totals.add(counts);
        }
        ReportFigures {
            survey: survey.to_owned(),
            period: Period {
                from: begin(),
                to: begin() + TimeDelta::days(21),
            },
            at: begin() + TimeDelta::minutes(21 * 24 * 60 + 545),
            bucket: Bucket::Day,
            totals,
            series,
            sample: 1266,
            reasons: vec![
                reason(
                    "mouse.instant_press",
                    "Presses last 1 ms; people hold a button for 60 ms and more.",
                    811,
                ),
                reason(
                    "coordination.trajectory",
                    "The pointer moved as in 37 other sessions of this survey.",
                    402,
                ),
                reason(
                    "timing.even",
                    "Pages are answered every 4.0 s, with a deviation of 0.1 s.",
                    377,
                ),
            ],
            campaigns: vec![
                campaign("trajectory", 38, RiskLevel::Critical),
                campaign("device", 12, RiskLevel::High),
            ],
        }
    }

    fn extracted(pdf: &[u8]) -> (usize, String) {
        let document = lopdf::Document::load_mem(pdf).unwrap();
        let pages: Vec<u32> = document.get_pages().into_keys().collect();
        (pages.len(), document.extract_text(&pages).unwrap())
    }

    /// The text without white space, which extraction sets as it likes.
    fn bare(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn a_report_holds_its_figures_as_text() {
        let figures = example("Kundenzufriedenheit Größe № 7 – Опрос");
        let pdf = render(Fonts::load(&[]).unwrap(), &figures).unwrap();
        assert!(pdf.len() < 200_000, "{}", pdf.len());
        let (pages, text) = extracted(&pdf);
        assert!((2..=4).contains(&pages), "{pages}");
        let text = bare(&text);
        let totals = &figures.totals;
        for expected in [
            figures.survey.as_str(),
            "26 October 2026 – 15 November 2026 (UTC)",
            &words::number(totals.sessions),
            &words::number(totals.risky()),
            &words::percent(totals.risky(), totals.judged),
            "mouse.instant_press",
            "The same pointer movements",
            "Nobody is proved to be human.",
        ] {
            assert!(text.contains(&bare(expected)), "{expected}: {text}");
        }
    }

    #[test]
    fn a_survey_of_any_name_and_without_sessions_has_a_report() {
        let empty = ReportFigures {
            totals: Counts::default(),
            series: vec![(DateTime::UNIX_EPOCH, Counts::default())],
            sample: 0,
            reasons: Vec::new(),
            campaigns: Vec::new(),
            ..example("")
        };
        let long = "x".repeat(128);
        for name in [
            "סקר 2026 (v2)",
            "調査 №1",
            "مسح \u{1F600}",
            "\u{0}\n\t",
            "",
            long.as_str(),
        ] {
            let figures = ReportFigures {
                survey: name.to_owned(),
                ..empty.clone()
            };
            let pdf = render(Fonts::load(&[]).unwrap(), &figures).unwrap();
            let (_, text) = extracted(&pdf);
            assert!(
                bare(&text).contains("Nocampaignwasactive"),
                "{name}: {text}"
            );
        }
    }
}
