import { Badge, Callout, type DataColumn, DataTable, type Tone } from "@/components";
import { letters as text } from "@/strings/letters";
import type { Letter, ReplayReport } from "../queries";
import { type LetterOutcome, type Outcome, outcomesOf } from "./outcome";

const TONES: Record<Outcome, Tone> = { back: "good", untouched: "neutral", failed: "bad", untold: "warn" };

const LETTER: DataColumn<{ id: string }> = { key: "letter", header: text.letter, cell: (row) => row.id, className: "font-mono text-xs" };

interface ResultRow {
  id: string;
  problem: string | null;
}

const PROBLEM: DataColumn<ResultRow> = { key: "problem", header: text.problemColumn, cell: (row) => row.problem ?? "", className: "wrap-anywhere" };

const OUTCOMES: DataColumn<ResultRow & LetterOutcome>[] = [
  LETTER,
  { key: "outcome", header: text.outcomeColumn, cell: (row) => <Badge tone={TONES[row.outcome]}>{text.outcome[row.outcome]}</Badge> },
  PROBLEM,
];

/** What became of the letters: one by one when they were chosen so, else those that failed. */
export function ReplayResult({ chosen, report }: { chosen: Letter[]; report: ReplayReport }) {
  return (
    <>
      <div role="status">
        {report.failed === 0 ? (
          <Callout tone="good">{text.doneAll(report.replayed)}</Callout>
        ) : (
          <Callout tone="bad">{text.donePartly(report.replayed, report.failed)}</Callout>
        )}
      </div>
      {chosen.length > 0 ? (
        <DataTable
          caption={text.results}
          columns={OUTCOMES}
          rows={outcomesOf(chosen, report).map((one) => ({ ...one, id: one.letter.id }))}
          rowKey={(row) => row.id}
          className="rounded-control border border-line"
        />
      ) : (
        <Failures report={report} />
      )}
    </>
  );
}

function Failures({ report: { failed, failures } }: { report: ReplayReport }) {
  if (failed === 0) return null;
  return (
    <>
      <DataTable
        caption={text.resultsFailed}
        columns={[LETTER, PROBLEM]}
        rows={failures}
        rowKey={(row) => row.id}
        className="rounded-control border border-line"
      />
      {failed > failures.length ? <p className="text-muted">{text.moreFailures(failed - failures.length)}</p> : null}
    </>
  );
}
