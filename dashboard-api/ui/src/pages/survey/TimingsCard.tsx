import { BoxStrip } from "@/charts";
import { Card, QueryView, Skeleton } from "@/components";
import { formatCount, formatDuration } from "@/lib/format";
import type { Range } from "@/lib/range";
import { useTimings } from "@/pages/survey/queries";
import { timingRows, type Timings } from "@/pages/survey/timings";
import { survey } from "@/strings/survey";

const text = survey.timings;

/** How long people and bots stay on each page. */
export function TimingsCard({ name, range }: { name: string; range: Range }) {
  const query = useTimings(name, range);
  return (
    <Card title={text.title} description={text.description} footer={query.data ? <LookedAt timings={query.data} /> : undefined}>
      <QueryView query={query} skeleton={<Skeleton className="h-56" />}>
        {(timings) => <Strips timings={timings} />}
      </QueryView>
    </Card>
  );
}

function Strips({ timings }: { timings: Timings }) {
  const rows = timingRows(timings);
  if (rows.length === 0) return <p className="py-6 text-center text-[13px] text-pretty text-muted">{text.none}</p>;
  return <BoxStrip label={text.label} rows={rows} format={formatDuration} />;
}

function LookedAt({ timings }: { timings: Timings }) {
  return (
    <>
      {text.lookedAt(formatCount(timings.sessions), formatCount(timings.people), formatCount(timings.bots))} {timings.partial ? text.partial : null}
    </>
  );
}
