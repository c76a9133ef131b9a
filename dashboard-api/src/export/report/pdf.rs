//! Marks as PDF.

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;

use super::canvas::{Area, Colour, HEIGHT, Mark, WIDTH};
use crate::error::ApiError;

/// What the document says of itself.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) subject: String,
    pub(crate) at: DateTime<Utc>,
}

/// Writes pages as a PDF.
pub(crate) fn write(pages: &[Vec<Mark>], about: About) -> Result<Vec<u8>, ApiError> {
    let mut document = Document::new();
    document.set_metadata(metadata(about));
    for marks in pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| ApiError::Encoding("a page without a size".into()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark);
        }
        surface.finish();
        page.finish();
    }
    let failed = |error| ApiError::Encoding(format!("{error:?}").into());
    document.finish().map_err(failed)
}

fn metadata(about: About) -> Metadata {
    let at = about.at;
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = krilla::metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(about.title)
        .description(about.subject)
        .language("en".to_owned())
        .creator("Candor".to_owned())
        .creation_date(date)
}

fn fill(colour: Colour) -> Fill {
    Fill {
        paint: rgb::Color::new(colour.0, colour.1, colour.2).into(),
        ..Fill::default()
    }
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    match mark {
        Mark::Text {
            x,
            y,
            size,
            colour,
            line,
        } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            let mut x = *x;
            for run in &line.runs {
                let start = Point::from_xy(x, *y);
                surface.draw_glyphs(
                    start,
                    &run.glyphs,
                    run.font.clone(),
                    &run.text,
                    *size,
                    false,
                );
                x += run.width * size;
            }
        }
        Mark::Fill { area, colour } => {
            let Area {
                x,
                y,
                width,
                height,
            } = *area;
            let mut builder = PathBuilder::new();
            if let Some(rectangle) = Rect::from_xywh(x, y, width, height) {
                builder.push_rect(rectangle);
            }
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            if let Some(path) = builder.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Path {
            points,
            width,
            colour,
        } => draw_path(surface, points, *width, *colour),
    }
}

fn draw_path(surface: &mut Surface<'_>, points: &[(f32, f32)], width: f32, colour: Colour) {
    let mut builder = PathBuilder::new();
    let Some(((x, y), rest)) = points.split_first() else {
        return;
    };
    builder.move_to(*x, *y);
    for (x, y) in rest {
        builder.line_to(*x, *y);
    }
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: rgb::Color::new(colour.0, colour.1, colour.2).into(),
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }));
    if let Some(path) = builder.finish() {
        surface.draw_path(&path);
    }
}
