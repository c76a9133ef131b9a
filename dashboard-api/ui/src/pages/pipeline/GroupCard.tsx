import { Sparkline } from "@/charts";
import { Badge, Callout, Card } from "@/components";
import { formatCount, formatRate } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import { groupAge, rateOf, standingIn, withoutCommit, withoutOwner } from "./health";
import { committedRate, lagLine, type Sample } from "./history";
import { MemberTable } from "./MemberTable";
import { PartitionTable } from "./PartitionTable";
import type { Group, Pipeline } from "./queries";

interface Properties {
  group: Group;
  report: Pipeline;
  history: Sample[];
}

/** One consumer group: how far behind, who works on it, partition by partition. */
export function GroupCard({ group, report, history }: Properties) {
  const standing = standingIn(report, group);
  const name = text.role(group.role);
  return (
    <div id={group.role} tabIndex={-1} className="min-w-0 scroll-mt-16 rounded-card lg:scroll-mt-4">
      <Card
        title={name}
        description={
          <>
            {text.does(group.role)} <span className="font-mono text-xs wrap-anywhere">{group.group}</span>
          </>
        }
        actions={<Badge tone={standing.tone}>{standing.words}</Badge>}
        // A table of figures, not a list to go through: dense in either density.
        className="h-full [--cell-y:0.25rem] [--row-h:2rem]"
      >
        <div className="space-y-3">
          <p className="text-[13px] text-muted">{standing.meaning}</p>
          <Figures group={group} report={report} history={history} />
          <Remarks group={group} />
          {group.state === "absent" ? null : (
            <>
              <PartitionTable group={group} history={history} />
              <MemberTable group={group} />
            </>
          )}
        </div>
      </Card>
    </div>
  );
}

function Figures({ group, report, history }: Properties) {
  const topicRole = report.topics.find((topic) => topic.topic === group.topic)?.role ?? "";
  const line = lagLine(history, group.role).filter((lag) => lag !== null);
  const figures = [
    { label: text.lag, value: formatCount(group.lag) },
    { label: text.lagAge, value: groupAge(group) },
    { label: text.ratesIn, value: rateWords(rateOf(report, topicRole)) },
    { label: text.ratesOut, value: rateWords(committedRate(history, group.role)), hint: text.outHint },
    { label: text.workers, value: formatCount(group.workers) },
  ];
  return (
    <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        {figures.map(({ label, value, hint }) => (
          <div key={label} title={hint}>
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="text-[15px] font-medium tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {line.length < 2 ? null : (
        <div className="w-40 text-xs text-muted">
          {text.recent}
          <Sparkline values={line} label={text.lagOf(text.role(group.role))} />
        </div>
      )}
    </div>
  );
}

const rateWords = (rate: number | null): string => (rate === null ? text.notKnown : text.aSecond(formatRate(rate)));

function Remarks({ group }: { group: Group }) {
  const ownerless = withoutOwner(group);
  const uncommitted = group.state === "absent" ? 0 : withoutCommit(group);
  return (
    <>
      {ownerless === 0 ? null : <Callout tone="warn">{text.ownerless(ownerless)}</Callout>}
      {uncommitted === 0 ? null : <Callout tone="info">{text.uncommitted(uncommitted)}</Callout>}
    </>
  );
}
