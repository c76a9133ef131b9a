//! The sections of the report, from the top down.

use super::canvas::{
    ACCENT, Align, Area, Canvas, Colour, INK, INNER, MARGIN, MUTED, PANEL, RULE, Style,
};
use super::charts::{self, BarRow, RISKS, ROW, StackedBar, UNJUDGED};
use super::figures::ReportFigures;
use super::notes::{CAUTION, NOTES};
use super::words;
use crate::verdict::{METHODS, RiskLevel, SessionClass};

const HEADING: Style = Style::bold(12.0, INK);
const BODY: Style = Style::regular(9.0, INK);
const SMALL: Style = Style::regular(8.0, MUTED);

/// A heading; it stays with the first `following` points of what it is about.
fn heading(canvas: &mut Canvas, text: &str, following: f32) {
    canvas.reserve(38.0 + following);
    canvas.y += 30.0;
    canvas.text((MARGIN, canvas.y), Align::Left, HEADING, text);
    canvas.y += 8.0;
}

/// The survey's name and what the report is about.
pub(crate) fn title(canvas: &mut Canvas, figures: &ReportFigures) {
    let band = Area {
        x: MARGIN,
        y: canvas.y - 12.0,
        width: 34.0,
        height: 3.0,
    };
    canvas.fill(band, ACCENT);
    canvas.y += 12.0;
    canvas.text(
        (MARGIN, canvas.y),
        Align::Left,
        Style::bold(9.0, ACCENT),
        "SURVEY QUALITY REPORT",
    );
    let style = Style::bold(22.0, INK);
    let lines = canvas.wrap(style, &figures.survey, INNER);
    for line in lines.iter().take(4) {
        canvas.y += 28.0;
        let y = canvas.y;
        canvas.text((MARGIN, y), Align::Left, style, line);
    }
    canvas.y += 20.0;
    let y = canvas.y;
    let period = words::period(figures.period);
    canvas.text(
        (MARGIN, y),
        Align::Left,
        Style::regular(10.5, MUTED),
        &period,
    );
}

/// Name, value and detail of the four figures that matter most.
fn key_figures(figures: &ReportFigures) -> [(&'static str, String, String); 4] {
    let totals = &figures.totals;
    let judged = totals.judged;
    let mean = words::share(totals.score_sum, judged * 1000);
    let of = |part: i64, whole: i64, what: &str| format!("{} {what}", words::percent(part, whole));
    [
        (
            "Sessions",
            words::number(totals.sessions),
            of(totals.completed, totals.sessions, "completed"),
        ),
        (
            "Judged",
            words::number(judged),
            of(judged, totals.sessions, "of sessions"),
        ),
        (
            "High or critical risk",
            words::number(totals.risky()),
            of(totals.risky(), judged, "of judged"),
        ),
        (
            "Mean score",
            mean.map_or("–".to_owned(), |mean| format!("{mean:.2}")),
            of(totals.bots, judged, "flagged"),
        ),
    ]
}

/// The four figures that matter most.
pub(crate) fn tiles(canvas: &mut Canvas, figures: &ReportFigures) {
    let (gap, height) = (10.0, 66.0);
    let width = (INNER - 3.0 * gap) / 4.0;
    canvas.y += 18.0;
    let y = canvas.y;
    for (place, (name, value, detail)) in key_figures(figures).iter().enumerate() {
        let x = MARGIN + (width + gap) * place as f32;
        let area = Area {
            x,
            y,
            width,
            height,
        };
        canvas.fill(area, PANEL);
        let text = x + 10.0;
        canvas.text((text, y + 17.0), Align::Left, SMALL, name);
        canvas.text((text, y + 41.0), Align::Left, Style::bold(19.0, INK), value);
        let detail = canvas.fit(SMALL, detail, width - 16.0);
        canvas.text((text, y + 56.0), Align::Left, SMALL, &detail);
    }
    canvas.y += height;
}

/// Sessions by risk over time, and the share at high risk.
pub(crate) fn over_time(canvas: &mut Canvas, figures: &ReportFigures) {
    let by = figures.bucket.as_str();
    heading(canvas, &format!("Sessions over time, per {by}"), 296.0);
    canvas.y += 12.0;
    let entries: Vec<(&str, Colour)> = RiskLevel::ALL
        .iter()
        .map(|risk| words::risk(*risk))
        .zip(RISKS)
        .chain([("Not yet judged", UNJUDGED)])
        .collect();
    charts::legend(canvas, (MARGIN, canvas.y), &entries);
    let area = |y: f32, height: f32| Area {
        x: MARGIN + 34.0,
        y,
        width: INNER - 34.0,
        height,
    };
    let bars: Vec<StackedBar> = figures
        .series
        .iter()
        .map(|(begin, counts)| StackedBar {
            label: words::bar(figures.bucket, *begin),
            parts: counts
                .risks
                .into_iter()
                .zip(RISKS)
                .chain([(counts.unjudged(), UNJUDGED)])
                .collect(),
        })
        .collect();
    charts::stacked(canvas, area(canvas.y + 12.0, 132.0), &bars);
    canvas.y += 12.0 + 132.0 + 34.0;
    let y = canvas.y;
    let name = "Share of judged sessions at high or critical risk";
    canvas.text((MARGIN, y), Align::Left, Style::bold(9.0, INK), name);
    let shares: Vec<(String, Option<f64>)> = figures
        .series
        .iter()
        .map(|(begin, counts)| {
            let share = words::share(counts.risky(), counts.judged);
            (words::bar(figures.bucket, *begin), share)
        })
        .collect();
    charts::shares(canvas, area(y + 12.0, 62.0), &shares, RISKS[3]);
    canvas.y += 12.0 + 62.0 + 16.0;
}

/// Risks and classes side by side.
pub(crate) fn verdicts(canvas: &mut Canvas, figures: &ReportFigures) {
    let height = ROW * 6.0;
    heading(canvas, "Verdicts", height + 24.0);
    let (gap, y) = (26.0, canvas.y + 12.0);
    let left = (INNER - gap) * 0.42;
    let right = INNER - gap - left;
    let totals = &figures.totals;
    let risks: Vec<BarRow> = RiskLevel::ALL
        .iter()
        .zip(totals.risks)
        .zip(RISKS)
        .map(|((risk, count), colour)| BarRow {
            name: words::risk(*risk).to_owned(),
            count,
            colour,
        })
        .collect();
    let classes: Vec<BarRow> = SessionClass::ALL
        .iter()
        .zip(totals.classes)
        .map(|(class, count)| BarRow {
            name: words::class(*class).to_owned(),
            count,
            colour: ACCENT,
        })
        .collect();
    let columns = [
        ("Effective risk", MARGIN, left, risks),
        (
            "What sessions look like",
            MARGIN + left + gap,
            right,
            classes,
        ),
    ];
    for (name, x, width, rows) in columns {
        canvas.text((x, y), Align::Left, Style::bold(9.0, INK), name);
        let area = Area {
            x,
            y: y + 6.0,
            width,
            height,
        };
        charts::rows(canvas, area, &rows, totals.judged);
    }
    canvas.y = y + 6.0 + height;
}

/// What a reader must know before the first figure is used.
pub(crate) fn caution(canvas: &mut Canvas) {
    let (x, width) = (MARGIN + 14.0, INNER - 28.0);
    let style = Style::regular(8.5, MUTED);
    let (head, text) = CAUTION;
    let lines = canvas.wrap(style, text, width).len() as f32;
    let height = 32.0 + lines * style.size * 1.45;
    canvas.reserve(height + 26.0);
    canvas.y += 26.0;
    let area = Area {
        x: MARGIN,
        y: canvas.y,
        width: INNER,
        height,
    };
    canvas.fill(area, PANEL);
    canvas.fill(Area { width: 3.0, ..area }, ACCENT);
    canvas.y += 9.0;
    canvas.paragraph(Style::bold(9.0, INK), head, x, width);
    canvas.paragraph(style, text, x, width);
    canvas.y = area.y + height;
}

/// What the methods say.
pub(crate) fn methods(canvas: &mut Canvas, figures: &ReportFigures) {
    let height = ROW * METHODS.len() as f32;
    heading(canvas, "Methods that speak for automation", height + 22.0);
    let note = "Judged sessions in which a method scores one half or more. Several may speak in one session.";
    canvas.paragraph(SMALL, note, MARGIN, INNER);
    let mut rows: Vec<BarRow> = METHODS
        .iter()
        .zip(figures.totals.methods)
        .map(|(method, count)| BarRow {
            name: words::method(method).to_owned(),
            count,
            colour: ACCENT,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    let area = Area {
        x: MARGIN,
        y: canvas.y + 6.0,
        width: INNER,
        height,
    };
    charts::rows(canvas, area, &rows, figures.totals.judged);
    canvas.y += 6.0 + height;
}

/// Columns of a table: x of each, and on which side its text stands.
type Columns<'a> = &'a [(f32, Align, &'a str)];

fn table_head(canvas: &mut Canvas, columns: Columns<'_>) {
    canvas.y += 14.0;
    let y = canvas.y;
    for (x, align, name) in columns {
        canvas.text((*x, y), *align, Style::bold(8.0, MUTED), name);
    }
    canvas.rule((MARGIN, y + 5.0), INNER, RULE);
    canvas.y += 6.0;
}

/// The reasons that most of the suspected sessions have.
pub(crate) fn reasons(canvas: &mut Canvas, figures: &ReportFigures) {
    heading(canvas, "Strongest reasons", 60.0);
    if figures.reasons.is_empty() {
        let text = "No session of the period has a verdict of medium risk or more.";
        return canvas.paragraph(BODY, text, MARGIN, INNER);
    }
    let right = MARGIN + INNER;
    let sample = format!("Of {} sessions", words::number(figures.sample));
    let columns = [
        (MARGIN, Align::Left, "Reason"),
        (right, Align::Right, sample.as_str()),
    ];
    table_head(canvas, &columns);
    for reason in &figures.reasons {
        canvas.reserve(34.0);
        canvas.y += 13.0;
        let y = canvas.y;
        canvas.text(
            (MARGIN, y),
            Align::Left,
            Style::bold(9.0, INK),
            &reason.code,
        );
        let count = words::number(reason.sessions);
        canvas.text(
            (right - 50.0, y),
            Align::Right,
            Style::bold(9.0, INK),
            &count,
        );
        let share = words::percent(reason.sessions, figures.sample);
        canvas.text((right, y), Align::Right, Style::regular(9.0, MUTED), &share);
        canvas.y += 3.0;
        canvas.paragraph(SMALL, &reason.text, MARGIN, INNER - 110.0);
        canvas.y += 4.0;
        canvas.rule((MARGIN, canvas.y), INNER, RULE);
    }
}

/// What sessions of the survey share.
pub(crate) fn campaigns(canvas: &mut Canvas, figures: &ReportFigures) {
    heading(canvas, "Campaigns", 60.0);
    let together = figures.totals.with_findings;
    let text = format!(
        "Sessions that share something with others: {} ({}).",
        words::number(together),
        words::percent(together, figures.totals.sessions)
    );
    canvas.paragraph(SMALL, &text, MARGIN, INNER);
    if figures.campaigns.is_empty() {
        let text = "No campaign was active in the period.";
        return canvas.paragraph(BODY, text, MARGIN, INNER);
    }
    let right = MARGIN + INNER;
    let columns = [
        (MARGIN, Align::Left, "What is shared"),
        (MARGIN + 150.0, Align::Left, "Fingerprint"),
        (MARGIN + 258.0, Align::Right, "Sessions"),
        (MARGIN + 276.0, Align::Left, "First and last"),
        (right - 54.0, Align::Right, "Score"),
        (right, Align::Right, "Risk"),
    ];
    table_head(canvas, &columns);
    for campaign in &figures.campaigns {
        canvas.reserve(18.0);
        canvas.y += 13.0;
        let fingerprint: String = campaign.fingerprint.chars().take(12).collect();
        let seen = format!(
            "{} – {}",
            campaign.first_at.format("%-d %b %H:%M"),
            campaign.last_at.format("%-d %b %H:%M")
        );
        let cells = [
            words::kind(&campaign.kind).to_owned(),
            fingerprint,
            words::number(campaign.sessions),
            seen,
            format!("{:.2}", campaign.score),
            words::risk(campaign.risk).to_owned(),
        ];
        for ((x, align, _), cell) in columns.iter().zip(&cells) {
            canvas.text((*x, canvas.y), *align, Style::regular(8.5, INK), cell);
        }
        canvas.y += 5.0;
        canvas.rule((MARGIN, canvas.y), INNER, RULE);
    }
}

/// How to read all this.
pub(crate) fn notes(canvas: &mut Canvas) {
    heading(canvas, "How to read this report", 60.0);
    for (head, text) in NOTES {
        canvas.reserve(42.0);
        canvas.y += 4.0;
        canvas.paragraph(Style::bold(9.0, INK), head, MARGIN, INNER);
        canvas.paragraph(Style::regular(8.5, MUTED), text, MARGIN, INNER);
    }
}
