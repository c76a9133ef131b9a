//! Files for analysts: every session of a filter, streamed, and the report of one survey.

use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use deadpool_postgres::Transaction;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::auth::Reader;
use crate::error::ApiError;
use crate::export::report::{self, ReportFigures};
use crate::export::rows::ExportedSession;
use crate::export::{ExportRequest, Format, respond};
use crate::openapi::{Busy, Invalid, Refused, Unknown};
use crate::query::{Pairs, Parameters, Period, SessionFilter, SessionFilterParameters};
use crate::setup::AppState;

/// Hours of a report when nothing is said.
const REPORT_HOURS: i64 = 30 * 24;

/// Begins an export of the sessions that the parameters name.
async fn export(
    state: &AppState,
    reader: Reader,
    pairs: Pairs,
    format: Format,
) -> Result<Response, ApiError> {
    let mut given = Parameters::new(pairs);
    let pseudonymise = given.take("pseudonymise", "true or false", |text| text.parse().ok());
    let filter = SessionFilter::take(&mut given);
    let (filter, pseudonymise) = given.finish((filter, pseudonymise.unwrap_or(false)))?;
    let pseudonyms = pseudonymise.then(|| state.exports().pseudonyms(&reader.organisation));
    let request = ExportRequest {
        organisation: reader.organisation,
        filter,
        format,
        pseudonyms,
    };
    respond(state, request).await
}

macro_rules! export_route {
    ($(#[$doc:meta])* $name:ident, $path:literal, $format:expr, $content:literal, $body:ty) => {
        $(#[$doc])*
        #[utoipa::path(
            get,
            path = $path,
            tag = "exports",
            params(
                SessionFilterParameters,
                ("pseudonymise" = Option<bool>, Query, description = "Replace respondents by a keyed hash"),
            ),
            responses(
                (status = 200, body = $body, content_type = $content, headers(
                    ("Content-Disposition" = String, description = "A file name"),
                )),
                Refused,
                Invalid,
                Busy,
            )
        )]
        pub(crate) async fn $name(
            State(state): State<AppState>,
            reader: Reader,
            Query(pairs): Query<Pairs>,
        ) -> Result<Response, ApiError> {
            export(&state, reader, pairs, $format).await
        }
    };
}

export_route!(
    /// Every session of a filter as CSV (RFC 4180), newest first. An answer that does not end properly is
    /// not whole; the trailer `x-candor-rows` counts the rows.
    sessions_csv,
    "/api/v1/dashboard/exports/sessions.csv",
    Format::Csv,
    "text/csv",
    String
);
export_route!(
    /// Every session of a filter as JSON Lines, newest first. An answer that does not end properly is not
    /// whole; the trailer `x-candor-rows` counts the rows.
    sessions_json_lines,
    "/api/v1/dashboard/exports/sessions.jsonl",
    Format::JsonLines,
    "application/jsonl",
    ExportedSession
);
export_route!(
    /// Every session of a filter as Parquet, newest first.
    sessions_parquet,
    "/api/v1/dashboard/exports/sessions.parquet",
    Format::Parquet,
    "application/vnd.apache.parquet",
    Vec<u8>
);

/// The report of one survey as PDF: counts, quality over time, classes, methods, reasons, campaigns, and how to
/// read them. The period grows to whole hours.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/surveys/{survey}/report.pdf",
    tag = "exports",
    params(
        ("survey" = String, Path, description = "The survey's name"),
        ("range" = Option<String>, Query, description = "`1h`, `24h`, `7d`, `30d` (default) or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/pdf", headers(
            ("Content-Disposition" = String, description = "A file name"),
        )),
        Refused,
        Unknown,
        Invalid,
        Busy,
    )
)]
pub(crate) async fn survey_report(
    State(state): State<AppState>,
    reader: Reader,
    Path(survey): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let now = Utc::now();
    let mut given = Parameters::new(pairs);
    let period = Period::take(&mut given, now, REPORT_HOURS);
    let period = given.finish(period)?;
    let slot = state.exports().begin(&reader.organisation)?;
    let read = async |transaction: &Transaction<'_>| {
        ReportFigures::read(transaction, &survey, period, now).await
    };
    let figures = state.database().read(&reader.organisation, read).await?;
    let figures = figures.ok_or(ApiError::UnknownSurvey)?;
    let fonts = state.exports().fonts().clone();
    let rendering = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if nobody waits for it any more.
        let _slot = slot;
        report::render(fonts, &figures)
    });
    let pdf = rendering.await.map_err(|_| ApiError::Panicked)??;
    // Any name survives, percent-encoded (RFC 6266).
    let name = utf8_percent_encode(&survey, NON_ALPHANUMERIC);
    let disposition = format!(
        "attachment; filename=\"candor-report.pdf\"; filename*=UTF-8''candor-report-{name}.pdf"
    );
    let disposition =
        HeaderValue::from_str(&disposition).map_err(|error| ApiError::Encoding(error.into()))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, pdf).into_response())
}
