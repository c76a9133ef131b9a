//! Pages as lists of marks: what is drawn where, before any PDF is written. The places are points from the
//! top left corner of an A4 page.

use super::fonts::{Fonts, Line, Weight};

/// Width of a page, points.
pub(crate) const WIDTH: f32 = 595.0;
/// Height of a page, points.
pub(crate) const HEIGHT: f32 = 842.0;
/// Free space at the left and the right.
pub(crate) const MARGIN: f32 = 48.0;
/// Width that content has.
pub(crate) const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Where content begins on a page.
pub(crate) const TOP: f32 = 56.0;
/// Where content ends on a page.
pub(crate) const BOTTOM: f32 = HEIGHT - 64.0;

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const INK: Colour = Colour(0x1B, 0x26, 0x36);
pub(crate) const MUTED: Colour = Colour(0x5F, 0x6C, 0x7B);
pub(crate) const RULE: Colour = Colour(0xDD, 0xE2, 0xE8);
pub(crate) const PANEL: Colour = Colour(0xF4, 0xF6, 0xF9);
pub(crate) const ACCENT: Colour = Colour(0x1F, 0x4E, 0x8C);

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) colour: Colour,
}

impl Style {
    pub(crate) const fn regular(size: f32, colour: Colour) -> Self {
        Self {
            size,
            weight: Weight::Regular,
            colour,
        }
    }

    pub(crate) const fn bold(size: f32, colour: Colour) -> Self {
        Self {
            size,
            weight: Weight::Bold,
            colour,
        }
    }
}

/// On which side of its place a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// A rectangle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Something on a page.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// Text whose baseline begins at a place.
    Text {
        x: f32,
        y: f32,
        size: f32,
        colour: Colour,
        line: Line,
    },
    /// A filled rectangle.
    Fill { area: Area, colour: Colour },
    /// A line through points.
    Path {
        points: Vec<(f32, f32)>,
        width: f32,
        colour: Colour,
    },
}

/// The pages of a report, and where the next thing goes.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) fonts: Fonts,
    pub(crate) pages: Vec<Vec<Mark>>,
    /// Top of the free space on the last page.
    pub(crate) y: f32,
}

impl Canvas {
    pub(crate) fn new(fonts: Fonts) -> Self {
        Self {
            fonts,
            pages: vec![Vec::new()],
            y: TOP,
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins a page unless `height` fits below.
    pub(crate) fn reserve(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// Draws text with its baseline at `y`; gives its width.
    pub(crate) fn text(&mut self, at: (f32, f32), align: Align, style: Style, text: &str) -> f32 {
        let line = self.fonts.line(text, style.weight);
        let width = line.width * style.size;
        let x = match align {
            Align::Left => at.0,
            Align::Centre => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        self.mark(Mark::Text {
            x,
            y: at.1,
            size: style.size,
            colour: style.colour,
            line,
        });
        width
    }

    /// The width that text would have.
    pub(crate) fn width(&self, style: Style, text: &str) -> f32 {
        self.fonts.line(text, style.weight).width * style.size
    }

    /// The lines of a text that is no wider than `width`.
    pub(crate) fn wrap(&self, style: Style, text: &str, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last().cloned().unwrap_or_default();
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(style, &longer) <= width {
                lines.pop();
                lines.push(longer);
                continue;
            }
            if line.is_empty() {
                lines.pop();
            }
            lines.extend(self.pieces(style, word, width));
        }
        lines
    }

    /// A word in pieces that are no wider than `width`: mostly one.
    fn pieces(&self, style: Style, word: &str, width: f32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        if self.width(style, word) <= width {
            return vec![word.to_owned()];
        }
        for c in word.chars() {
            let piece = pieces.last().cloned().unwrap_or_default();
            let longer = format!("{piece}{c}");
            if piece.is_empty() || self.width(style, &longer) <= width {
                pieces.pop();
                pieces.push(longer);
            } else {
                pieces.push(c.to_string());
            }
        }
        pieces
    }

    /// The text, or its beginning and an ellipsis if it is wider than `width`.
    pub(crate) fn fit(&self, style: Style, text: &str, width: f32) -> String {
        if self.width(style, text) <= width {
            return text.to_owned();
        }
        let mut short: String = text.chars().take(200).collect();
        while short.pop().is_some() {
            let shown = format!("{}…", short.trim_end());
            if self.width(style, &shown) <= width {
                return shown;
            }
        }
        String::new()
    }

    /// A paragraph below what is there; the page may end within it.
    pub(crate) fn paragraph(&mut self, style: Style, text: &str, x: f32, width: f32) {
        let leading = style.size * 1.45;
        for line in self.wrap(style, text, width) {
            self.reserve(leading);
            self.y += leading;
            let y = self.y - style.size * 0.35;
            self.text((x, y), Align::Left, style, &line);
        }
    }

    pub(crate) fn fill(&mut self, area: Area, colour: Colour) {
        if area.width > 0.0 && area.height > 0.0 {
            self.mark(Mark::Fill { area, colour });
        }
    }

    pub(crate) fn path(&mut self, points: Vec<(f32, f32)>, width: f32, colour: Colour) {
        if points.len() > 1 {
            self.mark(Mark::Path {
                points,
                width,
                colour,
            });
        }
    }

    /// A horizontal line.
    pub(crate) fn rule(&mut self, from: (f32, f32), length: f32, colour: Colour) {
        self.path(vec![from, (from.0 + length, from.1)], 0.6, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::regular(10.0, INK);

    fn canvas() -> Canvas {
        Canvas::new(Fonts::load(&[]).unwrap())
    }

    #[test]
    fn wrapped_lines_hold_every_word_and_none_is_too_wide() {
        let canvas = canvas();
        let text = "Every survey has a name, and some have very long ones: Donaudampfschifffahrt";
        let lines = canvas.wrap(STYLE, text, 60.0);
        assert!(lines.len() > 3);
        assert!(
            lines.iter().all(|line| canvas.width(STYLE, line) <= 60.0),
            "{lines:?}"
        );
        let all: String = lines.concat().replace(' ', "");
        assert_eq!(all, text.replace(' ', ""));
    }

    #[test]
    fn what_does_not_fit_begins_a_page() {
        let mut canvas = canvas();
        canvas.reserve(100.0);
        assert_eq!(canvas.pages.len(), 1);
        canvas.y = BOTTOM - 50.0;
        canvas.reserve(100.0);
        assert_eq!((canvas.pages.len(), canvas.y), (2, TOP));
        // What fits no page begins none for nothing.
        canvas.reserve(10_000.0);
        assert_eq!(canvas.pages.len(), 2);
    }

    #[test]
    fn a_text_that_is_too_wide_ends_with_an_ellipsis() {
        let canvas = canvas();
        let short = canvas.fit(STYLE, "a rather long text in a narrow place", 60.0);
        assert!(
            short.ends_with('…') && canvas.width(STYLE, &short) <= 60.0,
            "{short}"
        );
        assert_eq!(canvas.fit(STYLE, "short", 60.0), "short");
    }
}
