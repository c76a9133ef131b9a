//! The report's fonts, and text as glyphs: a survey's name may be of any script.
//!
//! Text is cut into runs of one direction and one font: the first font that has a character draws it. A
//! character that no font has is shown by its number, so that a name is never silently shortened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::BidiInfo;

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/fonts/NotoSans-Bold.ttf");
const FALLBACK: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");

/// Why a font of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file cannot be read.
    #[error("font {0} cannot be read: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// The file is no font that can be embedded.
    #[error("font {0} is not a TrueType or OpenType font")]
    Unusable(PathBuf),
}

/// How heavy text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One font: for shaping and for embedding.
#[derive(Clone)]
struct Member {
    data: Arc<Vec<u8>>,
    font: Font,
}

/// The fonts of reports; clones share them.
#[derive(Clone)]
pub(crate) struct Fonts(Arc<[Member]>);

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fonts({})", self.0.len())
    }
}

/// Glyphs of one font, in the order in which they are drawn.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) font: Font,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    pub(crate) text: String,
    /// In ems.
    pub(crate) width: f32,
}

/// A line of text as glyphs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    /// In ems.
    pub(crate) width: f32,
}

impl Fonts {
    /// The built-in fonts and those of the settings, which are asked last.
    pub(crate) fn load(further: &[PathBuf]) -> Result<Self, FontError> {
        let mut members = Vec::new();
        for (name, data) in [("regular", REGULAR), ("bold", BOLD), ("fallback", FALLBACK)] {
            members.push(Member::new(data.to_vec(), Path::new(name))?);
        }
        for path in further {
            let data = std::fs::read(path).map_err(|error| FontError::Read(path.clone(), error))?;
            members.push(Member::new(data, path)?);
        }
        Ok(Self(members.into()))
    }

    /// A line of text; what would break it is a space.
    pub(crate) fn line(&self, text: &str, weight: Weight) -> Line {
        let faces: Vec<Option<Face<'_>>> = self.0.iter().map(Member::face).collect();
        let order = match weight {
            Weight::Regular => [0, 1],
            Weight::Bold => [1, 0],
        };
        let order: Vec<usize> = order.into_iter().chain(2..self.0.len()).collect();
        let (text, owners) = assign(text, &faces, &order);
        let mut line = Line::default();
        let info = BidiInfo::new(&text, None);
        for paragraph in &info.paragraphs {
            let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let is_rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
                let mut parts = split(&text, run, &owners);
                if is_rtl {
                    parts.reverse();
                }
                for (owner, part) in parts {
                    if let (Some(member), Some(Some(face))) = (self.0.get(owner), faces.get(owner))
                    {
                        line.push(shape(member, face, &part, is_rtl));
                    }
                }
            }
        }
        line
    }
}

impl Line {
    fn push(&mut self, run: Run) {
        self.width += run.width;
        self.runs.push(run);
    }
}

impl Member {
    fn new(data: Vec<u8>, path: &Path) -> Result<Self, FontError> {
        let data = Arc::new(data);
        let unusable = || FontError::Unusable(path.to_owned());
        let font = Font::new(data.clone().into(), 0).ok_or_else(unusable)?;
        let member = Self { data, font };
        member.face().ok_or_else(unusable)?;
        Ok(member)
    }

    fn face(&self) -> Option<Face<'_>> {
        Face::from_slice(&self.data, 0)
    }
}

/// The text without what cannot be drawn, and for each of its characters (place, font).
fn assign(
    text: &str,
    faces: &[Option<Face<'_>>],
    order: &[usize],
) -> (String, Vec<(usize, usize)>) {
    let first = order.first().copied().unwrap_or_default();
    let (mut shown, mut owners) = (String::new(), Vec::<(usize, usize)>::new());
    let mut push = |shown: &mut String, c: char, owner: usize| {
        owners.push((shown.len(), owner));
        shown.push(c);
    };
    for c in text.chars() {
        let c = if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            ' '
        } else {
            c
        };
        let has = |font: &&usize| {
            let face = faces.get(**font).and_then(Option::as_ref);
            face.is_some_and(|face| face.glyph_index(c).is_some())
        };
        match order.iter().find(has) {
            Some(owner) => push(&mut shown, c, *owner),
            None if is_invisible(c) => {}
            None => {
                for c in format!("[U+{:04X}]", u32::from(c)).chars() {
                    push(&mut shown, c, first);
                }
            }
        }
    }
    (shown, owners)
}

/// Joiners, marks of direction and variation selectors: nothing is lost without them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}')
}

/// The parts of a range that have one font each, in the order of the text.
fn split(
    text: &str,
    range: std::ops::Range<usize>,
    owners: &[(usize, usize)],
) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    let begin = owners.partition_point(|(place, _)| *place < range.start);
    let characters = text.get(range).unwrap_or_default().chars();
    for (c, (_, owner)) in characters.zip(owners.iter().skip(begin)) {
        match parts.last_mut() {
            Some((last, part)) if last == owner => part.push(c),
            _ => parts.push((*owner, c.to_string())),
        }
    }
    parts
}

#[expect(clippy::cast_precision_loss, reason = "advances are far below 2^24")]
fn shape(member: &Member, face: &Face<'_>, text: &str, is_rtl: bool) -> Run {
    let em = face.units_per_em().max(1) as f32;
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if is_rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    let shaped = rustybuzz::shape(face, &[], buffer);
    let mut starts: Vec<usize> = shaped
        .glyph_infos()
        .iter()
        .map(|glyph| glyph.cluster as usize)
        .collect();
    starts.sort_unstable();
    let glyphs: Vec<KrillaGlyph> = shaped
        .glyph_infos()
        .iter()
        .zip(shaped.glyph_positions())
        .map(|(glyph, place)| {
            let start = glyph.cluster as usize;
            let next = starts.partition_point(|other| *other <= start);
            let end = starts.get(next).copied().unwrap_or(text.len());
            KrillaGlyph::new(
                GlyphId::new(glyph.glyph_id),
                place.x_advance as f32 / em,
                place.x_offset as f32 / em,
                place.y_offset as f32 / em,
                place.y_advance as f32 / em,
                start..end,
                None,
            )
        })
        .collect();
    let width = shaped
        .glyph_positions()
        .iter()
        .map(|place| place.x_advance as f32 / em)
        .sum();
    Run {
        font: member.font.clone(),
        glyphs,
        text: text.to_owned(),
        width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let fonts = Fonts::load(&[]).unwrap();
        let line = fonts.line(text, Weight::Regular);
        line.runs.into_iter().map(|run| run.text).collect()
    }

    #[test]
    fn scripts_are_drawn_by_the_first_font_that_has_them() {
        assert_eq!(shown("Umfrage № 7: Größe"), ["Umfrage № 7: Größe"]);
        assert_eq!(shown("Опрос Ελληνικά"), ["Опрос Ελληνικά"]);
        assert_eq!(shown("a ქართული b").len(), 3);
    }

    #[test]
    fn right_to_left_is_drawn_from_the_right() {
        let fonts = Fonts::load(&[]).unwrap();
        let line = fonts.line("סקר", Weight::Regular);
        let places: Vec<usize> = line.runs[0]
            .glyphs
            .iter()
            .map(|glyph| krilla::text::Glyph::text_range(glyph).start)
            .collect();
        assert!(places.is_sorted_by(|a, b| a > b), "{places:?}");
    }

    #[test]
    fn what_no_font_has_is_shown_by_its_number() {
        assert_eq!(shown("調a\u{E0101}\n").concat(), "[U+8ABF]a ");
    }

    #[test]
    fn a_file_that_is_no_font_is_refused() {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        assert!(matches!(Fonts::load(&[path]), Err(FontError::Unusable(_))));
        let nowhere = PathBuf::from("/nowhere/font.ttf");
        assert!(matches!(Fonts::load(&[nowhere]), Err(FontError::Read(..))));
    }
}
