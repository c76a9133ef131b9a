import { Skeleton, Stat, StatGrid } from "@/components";
import { formatRate } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import { furthestBehind, groupAge, isOld as areOld, rateOf } from "./health";
import type { Pipeline } from "./queries";

/** The pipeline in five numbers; each leads to what it sums up. */
export function Summary({ report }: { report: Pipeline }) {
  const furthest = furthestBehind(report.groups);
  const old = areOld(report);
  const detector = report.groups.find((group) => group.role === "detector");
  return (
    <StatGrid>
      {furthest === null ? (
        <Stat label={text.furthest} value={text.noneBehind} to="/pipeline" hint={old ? text.lastKnownHint : text.nothingWaits} />
      ) : (
        <Stat label={text.furthest} value={groupAge(furthest)} to={`/pipeline#${furthest.role}`} hint={old ? `${text.role(furthest.role)}, ${text.lastKnownHint}` : text.role(furthest.role)} />
      )}
      <RateStat label={text.eventBatches} rate={rateOf(report, "events")} isOld={old} to="/pipeline#detector" />
      <RateStat label={text.verdicts} rate={rateOf(report, "verdicts")} isOld={old} to="/pipeline#sink" />
      {detector === undefined ? null : (
        <Stat
          label={text.detectorWorkers}
          value={detector.workers}
          to="/pipeline#detector"
          hint={old ? text.lastKnownHint : text.partitionsOf(detector.partitions.length)}
        />
      )}
      <RateStat label={text.lettersIn} rate={rateOf(report, "dead_letters")} isOld={old} to="/pipeline?view=letters" />
    </StatGrid>
  );
}

function RateStat({ label, rate, to, isOld }: { label: string; rate: number | null; to: string; isOld: boolean }) {
  const value = rate === null ? "–" : text.aSecond(formatRate(rate));
  const hint = isOld ? text.lastKnownHint : rate === null ? text.secondLook : text.overTenSeconds;
  return <Stat label={label} value={value} to={to} hint={hint} />;
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
