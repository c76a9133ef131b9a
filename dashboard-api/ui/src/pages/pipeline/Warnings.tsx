import { Callout, Time } from "@/components";
import { pipeline as text } from "@/strings/pipeline";
import type { Pipeline } from "./queries";

/** What is wrong with the figures themselves: they are old, or the database is away. */
export function Warnings({ report }: { report: Pipeline }) {
  const problem = report.problem ?? null;
  return (
    <div role="status" className="space-y-2 empty:hidden">
      {problem === null ? null : (
        <Callout tone="warn" title={text.brokerTitle(problem)}>
          {report.looked_at == null ? text.brokerNone : <OldFigures at={report.looked_at} />}
        </Callout>
      )}
      {report.database_reachable ? null : (
        <Callout tone="bad" title={text.databaseTitle}>
          {text.databaseText}
        </Callout>
      )}
    </div>
  );
}

function OldFigures({ at }: { at: string }) {
  return (
    <>
      {text.brokerOld} <Time at={at} mode="absolute" /> (<Time at={at} />).
    </>
  );
}
