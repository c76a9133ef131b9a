import { Skeleton, Stat, StatGrid } from "@/components";
import { formatRate } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import { furthestBehind, groupAge, rateOf } from "./health";
import type { Pipeline } from "./queries";

/** The pipeline in five numbers; each leads to what it sums up. */
export function Summary({ report }: { report: Pipeline }) {
  const furthest = furthestBehind(report.groups);
  const detector = report.groups.find((group) => group.role === "detector");
  return (
    <StatGrid>
      {furthest === null ? (
        <Stat label={text.furthest} value={text.noneBehind} to="/pipeline" hint={text.nothingWaits} />
      ) : (
        <Stat label={text.furthest} value={groupAge(furthest)} to={`/pipeline#${furthest.role}`} hint={text.role(furthest.role)} />
      )}
      <RateStat label={text.eventBatches} rate={rateOf(report, "events")} to="/pipeline#detector" />
      <RateStat label={text.verdicts} rate={rateOf(report, "verdicts")} to="/pipeline#sink" />
      {detector === undefined ? null : (
        <Stat
          label={text.detectorWorkers}
          value={detector.workers}
          to="/pipeline#detector"
          hint={text.partitionsOf(detector.partitions.length)}
        />
      )}
      <RateStat label={text.lettersIn} rate={rateOf(report, "dead_letters")} to="/pipeline?view=letters" />
    </StatGrid>
  );
}

function RateStat({ label, rate, to }: { label: string; rate: number | null; to: string }) {
  const value = rate === null ? "–" : text.aSecond(formatRate(rate));
  return <Stat label={label} value={value} to={to} hint={rate === null ? text.secondLook : text.overTenSeconds} />;
}

export function SummarySkeleton() {
  return (
    <StatGrid>
      {[1, 2, 3, 4, 5].map((tile) => (
        <div key={tile} className="space-y-2 bg-surface px-4 py-3">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-6 w-16" />
          <Skeleton className="h-3 w-28" />
        </div>
      ))}
    </StatGrid>
  );
}
