//! Parquet: row groups of bounded size, compressed with Zstandard, written on as soon as they are full.

use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::error::ApiError;
use crate::export::rows::ExportedSession;
use crate::verdict::{RiskLevel, SessionClass};

/// As registered with IANA.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.apache.parquet";

/// Rows of a group: some ten megabytes in memory.
const GROUP: usize = 16_384;

/// The columns of [`super::rows::COLUMNS`].
const SCHEMA: &str = "message session {
    REQUIRED BYTE_ARRAY session_id (STRING);
    REQUIRED INT64 created_at (TIMESTAMP(MICROS,true));
    REQUIRED INT64 updated_at (TIMESTAMP(MICROS,true));
    REQUIRED BYTE_ARRAY status (STRING);
    OPTIONAL BYTE_ARRAY platform (STRING);
    OPTIONAL BYTE_ARRAY survey_id (STRING);
    OPTIONAL BYTE_ARRAY respondent_id (STRING);
    REQUIRED INT64 windows;
    REQUIRED INT64 events;
    OPTIONAL BOOLEAN is_bot;
    OPTIONAL DOUBLE confidence_score;
    OPTIONAL BYTE_ARRAY risk_level (STRING);
    OPTIONAL BYTE_ARRAY effective_risk (STRING);
    OPTIONAL DOUBLE effective_score;
    OPTIONAL BYTE_ARRAY class (STRING);
    OPTIONAL BYTE_ARRAY recommended_action (STRING);
    REQUIRED INT64 findings;
    OPTIONAL BYTE_ARRAY summary (STRING);
    REQUIRED GROUP reason_codes (LIST) {
        REPEATED GROUP list { REQUIRED BYTE_ARRAY element (STRING); }
    }
    OPTIONAL DOUBLE score_keystroke;
    OPTIONAL DOUBLE score_mouse;
    OPTIONAL DOUBLE score_timing;
    OPTIONAL DOUBLE score_device;
    OPTIONAL DOUBLE score_network;
    OPTIONAL DOUBLE score_focus;
    OPTIONAL DOUBLE score_scroll;
    OPTIONAL DOUBLE score_answers;
    OPTIONAL DOUBLE score_coordination;
    OPTIONAL DOUBLE score_model;
    OPTIONAL BYTE_ARRAY ruleset (STRING);
    OPTIONAL BYTE_ARRAY model (STRING);
}";

/// A file under construction.
pub(crate) struct ParquetFile {
    writer: SerializedFileWriter<Vec<u8>>,
    /// Rows of the next group.
    waiting: Vec<ExportedSession>,
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetFile").finish_non_exhaustive()
    }
}

impl ParquetFile {
    pub(crate) fn new() -> Result<Self, ApiError> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            // Enough to skip groups by time; pages are small, and their index would grow with the file.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_created_by("Candor".to_owned())
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?,
            waiting: Vec::new(),
        })
    }

    /// Takes rows; gives the bytes of the groups that they fill.
    pub(crate) fn rows(&mut self, rows: Vec<ExportedSession>) -> Result<Vec<u8>, ApiError> {
        self.waiting.extend(rows);
        while self.waiting.len() >= GROUP {
            let rest = self.waiting.split_off(GROUP);
            let group = std::mem::replace(&mut self.waiting, rest);
            self.write_group(&group)?;
        }
        Ok(self.take())
    }

    /// The last group and the footer.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, ApiError> {
        if !self.waiting.is_empty() {
            let group = std::mem::take(&mut self.waiting);
            self.write_group(&group)?;
        }
        self.writer.finish()?;
        Ok(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    fn write_group(&mut self, rows: &[ExportedSession]) -> Result<(), ApiError> {
        let mut group = Group {
            writer: self.writer.next_row_group()?,
            rows,
        };
        group.write()?;
        group.writer.close()?;
        Ok(())
    }
}

/// A row group under construction: its columns, one after the other.
struct Group<'a> {
    writer: SerializedRowGroupWriter<'a, Vec<u8>>,
    rows: &'a [ExportedSession],
}

impl Group<'_> {
    fn write(&mut self) -> Result<(), ParquetError> {
        self.required::<ByteArrayType>(|row| row.session_id.to_string().as_str().into())?;
        self.required::<Int64Type>(|row| row.created_at.timestamp_micros())?;
        self.required::<Int64Type>(|row| row.updated_at.timestamp_micros())?;
        self.texts(|row| Some(row.status.as_str()))?;
        self.texts(|row| row.platform.as_deref())?;
        self.texts(|row| row.survey_id.as_deref())?;
        self.texts(|row| row.respondent_id.as_deref())?;
        self.required::<Int64Type>(|row| row.windows)?;
        self.required::<Int64Type>(|row| row.events)?;
        self.optional::<BoolType>(|row| row.is_bot)?;
        self.optional::<DoubleType>(|row| row.confidence_score)?;
        self.texts(|row| row.risk_level.map(RiskLevel::as_str))?;
        self.texts(|row| row.effective_risk.map(RiskLevel::as_str))?;
        self.optional::<DoubleType>(|row| row.effective_score)?;
        self.texts(|row| row.class.map(SessionClass::as_str))?;
        self.texts(|row| row.recommended_action.as_deref())?;
        self.required::<Int64Type>(|row| row.findings)?;
        self.texts(|row| row.summary.as_deref())?;
        self.lists(|row| &row.reason_codes)?;
        for method in 0..10 {
            self.optional::<DoubleType>(|row| row.method_scores()[method])?;
        }
        self.texts(|row| row.ruleset.as_deref())?;
        self.texts(|row| row.model.as_deref())
    }

    fn column<T: DataType>(
        &mut self,
        values: &[T::T],
        definition: Option<&[i16]>,
        repetition: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        let missing = || ParquetError::General("more columns than the schema has".to_owned());
        let mut column = self.writer.next_column()?.ok_or_else(missing)?;
        column
            .typed::<T>()
            .write_batch(values, definition, repetition)?;
        column.close()
    }

    fn required<T: DataType>(
        &mut self,
        value: impl Fn(&ExportedSession) -> T::T,
    ) -> Result<(), ParquetError> {
        let values: Vec<T::T> = self.rows.iter().map(value).collect();
        self.column::<T>(&values, None, None)
    }

    fn optional<T: DataType>(
        &mut self,
        value: impl Fn(&ExportedSession) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let all: Vec<Option<T::T>> = self.rows.iter().map(value).collect();
        let definition: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<T::T> = all.into_iter().flatten().collect();
        self.column::<T>(&values, Some(&definition), None)
    }

    /// Text, required or not: a required column ignores the levels of definition.
    fn texts(
        &mut self,
        value: impl Fn(&ExportedSession) -> Option<&str>,
    ) -> Result<(), ParquetError> {
        self.optional::<ByteArrayType>(|row| value(row).map(ByteArray::from))
    }

    fn lists(&mut self, value: impl Fn(&ExportedSession) -> &[String]) -> Result<(), ParquetError> {
        let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.rows {
            let list = value(row);
            if list.is_empty() {
                definition.push(0);
                repetition.push(0);
            }
            for (place, text) in list.iter().enumerate() {
                values.push(ByteArray::from(text.as_str()));
                definition.push(1);
                repetition.push(i16::from(place > 0));
            }
        }
        self.column::<ByteArrayType>(&values, Some(&definition), Some(&repetition))
    }
}

impl From<ParquetError> for ApiError {
    fn from(error: ParquetError) -> Self {
        Self::Encoding(error.into())
    }
}
