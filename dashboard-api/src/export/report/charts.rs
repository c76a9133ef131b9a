//! Charts, drawn as vectors.

use super::canvas::{Align, Area, Canvas, Colour, INK, MUTED, PANEL, RULE, Style};
use super::words;

/// Colours of the levels of risk, and of sessions without a verdict: from calm to alarming, and told apart by
/// their lightness as well.
pub(crate) const RISKS: [Colour; 4] = [
    Colour(0x8F, 0xC1, 0xA9),
    Colour(0xF2, 0xC1, 0x4E),
    Colour(0xE0, 0x7A, 0x3F),
    Colour(0xA6, 0x1E, 0x2B),
];
pub(crate) const UNJUDGED: Colour = Colour(0xC9, 0xD1, 0xDA);

const LABEL: Style = Style::regular(7.5, MUTED);

/// A bar of several parts, from the bottom up.
#[derive(Debug, Clone)]
pub(crate) struct StackedBar {
    pub(crate) label: String,
    pub(crate) parts: Vec<(i64, Colour)>,
}

/// Values and the place they are drawn in.
#[derive(Debug, Clone, Copy)]
struct Axis {
    area: Area,
    top: f64,
}

impl Axis {
    #[expect(clippy::cast_possible_truncation, reason = "points of a page")]
    fn height(self, value: f64) -> f32 {
        let share = if self.top > 0.0 {
            value / self.top
        } else {
            0.0
        };
        self.area.height * share.clamp(0.0, 1.0) as f32
    }

    fn y(self, value: f64) -> f32 {
        self.area.y + self.area.height - self.height(value)
    }
}

/// The least of 1, 2 or 5 times a power of ten that `steps` of reach `value`.
fn step(value: f64, steps: f64) -> f64 {
    let raw = (value / steps).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let found = factors
        .iter()
        .find(|factor| *factor * power >= raw * (1.0 - 1e-9));
    found.unwrap_or(&10.0) * power
}

/// Lines across the chart, with their values at the left.
fn grid(canvas: &mut Canvas, axis: Axis, step: f64, label: impl Fn(f64) -> String) {
    let mut value = 0.0;
    while value <= axis.top * (1.0 + 1e-9) {
        let y = axis.y(value);
        canvas.rule((axis.area.x, y), axis.area.width, RULE);
        let at = (axis.area.x - 5.0, y + 2.6);
        canvas.text(at, Align::Right, LABEL, &label(value));
        value += step;
    }
}

/// Labels below some of the bars, evenly, so that they do not touch.
fn labels(canvas: &mut Canvas, area: Area, names: &[&str]) {
    let slot = slot(area, names.len());
    let widest = names.iter().map(|name| canvas.width(LABEL, name));
    let widest = widest.fold(0.0_f32, f32::max) + 8.0;
    let mut free = area.x - widest;
    for (place, name) in names.iter().enumerate() {
        let centre = area.x + slot * (place as f32 + 0.5);
        if centre - widest / 2.0 >= free {
            let at = (centre, area.y + area.height + 11.0);
            canvas.text(at, Align::Centre, LABEL, name);
            free = centre + widest / 2.0;
        }
    }
}

fn slot(area: Area, bars: usize) -> f32 {
    area.width / bars.max(1) as f32
}

/// Stacked bars over time.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of sessions are below 2^53"
)]
pub(crate) fn stacked(canvas: &mut Canvas, area: Area, bars: &[StackedBar]) {
    let sums = bars
        .iter()
        .map(|bar| bar.parts.iter().map(|(count, _)| count).sum::<i64>());
    let greatest = sums.max().unwrap_or_default().max(1);
    // Sessions are whole.
    let step = step(greatest as f64, 4.0).max(1.0);
    let axis = Axis {
        area,
        top: (greatest as f64 / step).ceil() * step,
    };
    grid(canvas, axis, step, |value| {
        words::number(value.round() as i64)
    });
    let slot = slot(area, bars.len());
    let width = (slot * 0.78).min(26.0);
    for (place, bar) in bars.iter().enumerate() {
        let x = area.x + slot * (place as f32 + 0.5) - width / 2.0;
        let mut below = 0.0;
        for (count, colour) in &bar.parts {
            let height = axis.height(*count as f64);
            let y = axis.y(below) - height;
            canvas.fill(
                Area {
                    x,
                    y,
                    width,
                    height,
                },
                *colour,
            );
            below += *count as f64;
        }
    }
    let names: Vec<&str> = bars.iter().map(|bar| bar.label.as_str()).collect();
    labels(canvas, area, &names);
}

/// Shares over time, 0 to 1, as a line; `None` leaves a gap.
pub(crate) fn shares(
    canvas: &mut Canvas,
    area: Area,
    values: &[(String, Option<f64>)],
    colour: Colour,
) {
    let greatest = values.iter().filter_map(|(_, share)| *share);
    let greatest = greatest.fold(0.0, f64::max).max(0.04);
    let step = step(greatest, 3.0);
    let axis = Axis {
        area,
        top: ((greatest / step).ceil() * step).min(1.0),
    };
    grid(canvas, axis, step, |value| {
        format!("{:.0} %", value * 100.0)
    });
    let slot = slot(area, values.len());
    let mut points = Vec::new();
    let dots = values.len() <= 40;
    for (place, (_, share)) in values.iter().enumerate() {
        let Some(share) = share else {
            canvas.path(std::mem::take(&mut points), 1.4, colour);
            continue;
        };
        let at = (area.x + slot * (place as f32 + 0.5), axis.y(*share));
        points.push(at);
        if dots {
            // A short line with round ends is a dot.
            canvas.path(vec![(at.0 - 0.01, at.1), (at.0 + 0.01, at.1)], 3.6, colour);
        }
    }
    canvas.path(points, 1.4, colour);
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    labels(canvas, area, &names);
}

/// A row of a list of bars.
#[derive(Debug, Clone)]
pub(crate) struct BarRow {
    pub(crate) name: String,
    pub(crate) count: i64,
    pub(crate) colour: Colour,
}

/// Height of a row of [`rows`].
pub(crate) const ROW: f32 = 17.0;

/// Horizontal bars with their names at the left, counts and shares of `whole` at the right.
pub(crate) fn rows(canvas: &mut Canvas, area: Area, rows: &[BarRow], whole: i64) {
    let style = Style::regular(8.5, INK);
    let widest = rows.iter().map(|row| canvas.width(style, &row.name));
    let names = widest.fold(0.0, f32::max).min(area.width * 0.5) + 10.0;
    let values = 84.0;
    let track = area.width - names - values;
    for (place, row) in rows.iter().enumerate() {
        let y = area.y + ROW * place as f32;
        let name = canvas.fit(style, &row.name, names - 6.0);
        canvas.text((area.x, y + 10.5), Align::Left, style, &name);
        let bar = Area {
            x: area.x + names,
            y: y + 3.5,
            width: track,
            height: 8.5,
        };
        canvas.fill(bar, PANEL);
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        let share = words::share(row.count, whole).unwrap_or_default() as f32;
        // What is there is seen, however little.
        let least = if row.count > 0 { 1.2 } else { 0.0 };
        let width = (track * share.clamp(0.0, 1.0)).max(least);
        canvas.fill(Area { width, ..bar }, row.colour);
        let right = area.x + area.width;
        let count = words::number(row.count);
        canvas.text(
            (right - 44.0, y + 10.5),
            Align::Right,
            Style::bold(8.5, INK),
            &count,
        );
        let percent = words::percent(row.count, whole);
        canvas.text(
            (right, y + 10.5),
            Align::Right,
            Style::regular(8.5, MUTED),
            &percent,
        );
    }
}

/// Small squares with the names of colours, in one line.
pub(crate) fn legend(canvas: &mut Canvas, at: (f32, f32), entries: &[(&str, Colour)]) {
    let mut x = at.0;
    for (name, colour) in entries {
        let square = Area {
            x,
            y: at.1 - 6.5,
            width: 7.0,
            height: 7.0,
        };
        canvas.fill(square, *colour);
        let width = canvas.text(
            (x + 10.5, at.1),
            Align::Left,
            Style::regular(8.0, MUTED),
            name,
        );
        x += width + 24.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        for (greatest, expected) in [
            (1.0, 0.5),
            (7.0, 2.0),
            (40.0, 10.0),
            (41.0, 20.0),
            (999.0, 500.0),
        ] {
            let step = step(greatest, 4.0);
            assert!((step - expected).abs() < 1e-9, "{greatest}: {step}");
        }
        assert!((step(0.3, 3.0) - 0.1).abs() < 1e-9);
    }
}
