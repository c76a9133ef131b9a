//! The formats of an export, behind one writer.

use axum::http::HeaderValue;

use crate::error::ApiError;
use crate::export::parquet::ParquetFile;
use crate::export::rows::ExportedSession;
use crate::export::{csv, parquet};

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON object per line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 3] = [Self::Csv, Self::JsonLines, Self::Parquet];

    /// The word of metrics, file names and routes.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// What the answer says it is.
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Parquet => parquet::CONTENT_TYPE,
        })
    }
}

/// Turns rows into the bytes of a file.
#[derive(Debug)]
pub(crate) enum FileWriter {
    Csv { begun: bool },
    JsonLines,
    Parquet(Box<ParquetFile>),
}

impl FileWriter {
    pub(crate) fn new(format: Format) -> Result<Self, ApiError> {
        Ok(match format {
            Format::Csv => Self::Csv { begun: false },
            Format::JsonLines => Self::JsonLines,
            Format::Parquet => Self::Parquet(Box::new(ParquetFile::new()?)),
        })
    }

    /// The bytes that can be written on now; perhaps none, when the format gathers more rows.
    pub(crate) fn rows(&mut self, rows: Vec<ExportedSession>) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Csv { begun } => {
                let mut text = if *begun { Vec::new() } else { csv::header()? };
                *begun = true;
                text.extend(csv::lines(&rows)?);
                Ok(text)
            }
            Self::JsonLines => {
                let mut text = Vec::new();
                for row in &rows {
                    serde_json::to_writer(&mut text, row)
                        .map_err(|error| ApiError::Encoding(error.into()))?;
                    text.push(b'\n');
                }
                Ok(text)
            }
            Self::Parquet(file) => file.rows(rows),
        }
    }

    /// The end of the file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Csv { begun: true } | Self::JsonLines => Ok(Vec::new()),
            Self::Csv { begun: false } => csv::header(),
            Self::Parquet(file) => file.finish(),
        }
    }
}

impl From<::csv::Error> for ApiError {
    fn from(error: ::csv::Error) -> Self {
        Self::Encoding(error.into())
    }
}
