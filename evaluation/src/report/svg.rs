//! A small writer of plots as SVG: a titled frame with axes, and marks in data coordinates.

use std::fmt::Write;

/// Colour of people's marks.
pub(super) const PEOPLE: &str = "#2166ac";
/// Colour of bots' marks.
pub(super) const BOTS: &str = "#b2182b";
/// Colour of lines of reference.
pub(super) const REFERENCE: &str = "#777777";

const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 56.0;

/// How data become places along an axis.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// From one value to another.
    Linear(f64, f64),
    /// The same by decimal logarithm; what lies below is drawn at the edge.
    Log(f64, f64),
}

impl Scale {
    /// The place of `value`, 0 to 1.
    fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear(from, to) => (value - from) / (to - from),
            Self::Log(from, to) => (value.max(from) / from).log10() / (to / from).log10(),
        };
        place.clamp(0.0, 1.0)
    }
}

/// An axis.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) title: &'static str,
    pub(super) scale: Scale,
    /// Marked values with their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

/// A plot in the making.
pub(super) struct Plot {
    width: f64,
    height: f64,
    left: f64,
    x: Scale,
    y: Scale,
    text: String,
}

impl Plot {
    /// An empty plot of `size` pixels with axes; `left` more pixels for the labels of the vertical one.
    pub(super) fn new(title: &str, size: (f64, f64), left: f64, axes: (&Axis, &Axis)) -> Self {
        let (x, y) = axes;
        let mut plot = Self {
            width: size.0,
            height: size.1,
            left: LEFT + left,
            x: x.scale,
            y: y.scale,
            text: String::new(),
        };
        let (width, height) = size;
        // Writing to a string cannot fail, here and below.
        let _ = write!(
            plot.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n<title>{0}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
             <text x=\"{1}\" y=\"26\" font-size=\"16\">{0}</text>\n",
            escaped(title),
            px(plot.left)
        );
        plot.axes(x, y);
        plot
    }

    fn axes(&mut self, x: &Axis, y: &Axis) {
        let (left, right) = (self.left, self.width - RIGHT);
        let (top, bottom) = (TOP, self.height - BOTTOM);
        for (value, label) in &x.ticks {
            let at = self.across(*value);
            self.stroke((at, top), (at, bottom), ("#e6e6e6", 1.0));
            self.label((at, bottom + 18.0), "middle", label);
        }
        for (value, label) in &y.ticks {
            let at = self.up(*value);
            self.stroke((left, at), (right, at), ("#e6e6e6", 1.0));
            self.label((left - 8.0, at + 4.0), "end", label);
        }
        self.stroke((left, bottom), (right, bottom), ("#222222", 1.0));
        self.stroke((left, top), (left, bottom), ("#222222", 1.0));
        self.label(
            (f64::midpoint(left, right), bottom + 42.0),
            "middle",
            x.title,
        );
        let (at, middle) = (px(18.0), px(f64::midpoint(top, bottom)));
        let _ = writeln!(
            self.text,
            "<text x=\"{at}\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 {at} {middle})\">{}</text>",
            escaped(y.title)
        );
    }

    fn across(&self, value: f64) -> f64 {
        self.left + self.x.place(value) * (self.width - RIGHT - self.left)
    }

    fn up(&self, value: f64) -> f64 {
        let bottom = self.height - BOTTOM;
        bottom - self.y.place(value) * (bottom - TOP)
    }

    fn stroke(&mut self, from: (f64, f64), to: (f64, f64), (colour, width): (&str, f64)) {
        let _ = writeln!(
            self.text,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1)
        );
    }

    fn label(&mut self, (x, y): (f64, f64), anchor: &str, label: &str) {
        let _ = writeln!(
            self.text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            px(x),
            px(y),
            escaped(label)
        );
    }

    /// A line through `points`, in data coordinates.
    pub(super) fn line(&mut self, points: &[(f64, f64)], colour: &str, dashed: bool) {
        let dash = if dashed {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        let places: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{},{}", px(self.across(*x)), px(self.up(*y))))
            .collect();
        let _ = writeln!(
            self.text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
            places.join(" ")
        );
    }

    /// A dot of `radius` pixels.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        let (x, y) = (px(self.across(x)), px(self.up(y)));
        let _ = writeln!(
            self.text,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"{colour}\" fill-opacity=\"0.8\"/>",
            px(radius)
        );
    }

    /// A filled box between two corners.
    pub(super) fn bar(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let (x0, x1) = (self.across(from.0), self.across(to.0));
        let (y0, y1) = (self.up(to.1), self.up(from.1));
        let _ = writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\" fill-opacity=\"0.8\"/>",
            px(x0),
            px(y0),
            px(x1 - x0),
            px(y1 - y0)
        );
    }

    /// Text that begins at a place, in data coordinates.
    pub(super) fn note(&mut self, (x, y): (f64, f64), text: &str) {
        let at = (self.across(x) + 6.0, self.up(y) + 4.0);
        self.label(at, "start", text);
    }

    /// A key of colours, at the right above the frame.
    pub(super) fn legend(&mut self, entries: &[(&str, &str)]) {
        let mut x = self.width - RIGHT;
        for (name, colour) in entries.iter().rev() {
            let length = name.chars().map(|_| 6.6).sum::<f64>();
            x -= length;
            self.label((x, 40.0), "start", name);
            x -= 16.0;
            let _ = writeln!(
                self.text,
                "<rect x=\"{}\" y=\"30\" width=\"11\" height=\"11\" fill=\"{colour}\"/>",
                px(x)
            );
            x -= 12.0;
        }
    }

    /// The finished document.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// A length in pixels, to a tenth: the same text on every machine.
fn px(length: f64) -> String {
    format!("{length:.1}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Ticks at fifths of 0 to 1.
pub(super) fn fifths() -> Vec<(f64, String)> {
    (0..=5)
        .map(|fifth| {
            let value = f64::from(fifth) / 5.0;
            (value, format!("{value:.1}"))
        })
        .collect()
}
