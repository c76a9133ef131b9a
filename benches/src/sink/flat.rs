//! What PostgreSQL does with the same verdicts without Candor: the floor, plain COPY into one flat table, and the usual way,
//! COPY into a staging table and one upsert of a flat row. One connection, one transaction a batch.

use std::time::Instant;

use futures::SinkExt;
use schemas::verdict::VerdictRecord;
use tokio_postgres::Client;

/// Rows of a transaction.
const BATCH: usize = 8000;
const COLUMNS: &str = "session_id uuid, window_offset bigint, organisation text, rev_offset bigint, phase text, \
    status text, created_at timestamptz, updated_at timestamptz, survey_id text, respondent_id text, is_bot boolean, \
    score double precision, risk text, class text, event_count bigint, summary text, reasons jsonb, method_scores jsonb";

/// A flat row of a verdict, as a line of COPY's text form.
pub(crate) fn line(record: &VerdictRecord) -> anyhow::Result<String> {
    let null = || "\\N".to_owned();
    let session = &record.session;
    let verdict = record.verdict.as_ref();
    let mut fields = vec![
        record.session_id.to_string(),
        record.window.to_string(),
        record.organisation.to_string(),
        record.revision.offset.to_string(),
        format!("{:?}", record.revision.phase),
        record.status.as_str().to_owned(),
        session.created_at.to_rfc3339(),
        session.updated_at.to_rfc3339(),
        session.survey_id.clone().unwrap_or_else(null),
        session.respondent_id.clone().unwrap_or_else(null),
    ];
    match verdict {
        None => fields.extend((0..8).map(|_| null())),
        Some(verdict) => fields.extend([
            verdict.is_bot.to_string(),
            verdict.confidence_score.to_string(),
            verdict.risk_level.as_str().to_owned(),
            verdict.class.as_str().to_owned(),
            verdict.event_count.to_string(),
            verdict.summary.clone(),
            serde_json::to_string(&verdict.reasons)?,
            serde_json::to_string(&verdict.method_scores)?,
        ]),
    }
    Ok(fields.join("\t") + "\n")
}

/// Rows a second of plain COPY, and of COPY and upsert.
pub(crate) async fn rates(client: &mut Client, lines: &[String]) -> anyhow::Result<[f64; 2]> {
    client
        .batch_execute(&format!(
            "CREATE TABLE flat_floor ({COLUMNS}); \
             CREATE TABLE flat_upserted ({COLUMNS}, PRIMARY KEY (session_id, window_offset)); \
             CREATE TEMPORARY TABLE flat_staged ({COLUMNS}) ON COMMIT DELETE ROWS; CHECKPOINT"
        ))
        .await?;
    let upsert = "INSERT INTO flat_upserted SELECT DISTINCT ON (session_id, window_offset) * FROM flat_staged \
        ORDER BY session_id, window_offset, rev_offset DESC ON CONFLICT (session_id, window_offset) DO UPDATE SET \
        rev_offset = excluded.rev_offset, phase = excluded.phase, status = excluded.status, \
        updated_at = excluded.updated_at, is_bot = excluded.is_bot, score = excluded.score, risk = excluded.risk, \
        class = excluded.class, event_count = excluded.event_count, summary = excluded.summary, \
        reasons = excluded.reasons, method_scores = excluded.method_scores \
        WHERE excluded.rev_offset > flat_upserted.rev_offset";
    let mut rates = [0.0; 2];
    for (rate, (table, after)) in rates
        .iter_mut()
        .zip([("flat_floor", None), ("flat_staged", Some(upsert))])
    {
        let begun = Instant::now();
        for batch in lines.chunks(BATCH) {
            let transaction = client.transaction().await?;
            let sink = transaction
                .copy_in(&format!("COPY {table} FROM STDIN"))
                .await?;
            let mut sink = std::pin::pin!(sink);
            sink.send(bytes::Bytes::from(batch.concat())).await?;
            sink.close().await?;
            if let Some(statement) = after {
                transaction.execute(statement, &[]).await?;
            }
            transaction.commit().await?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let rows = lines.len() as f64;
        *rate = rows / begun.elapsed().as_secs_f64();
    }
    Ok(rates)
}
