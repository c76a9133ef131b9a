import { Sparkline } from "@/charts";
import type { Schemas } from "@/api/client";
import { Card, QueryView, Skeleton, Stat, TextLink } from "@/components";
import { formatCount, formatDuration, formatRate } from "@/lib/format";
import { useLive, useLiveStats } from "@/live";
import { useRates } from "@/pages/overview/queries";
import { overview } from "@/strings/overview";

type Rates = Schemas["RatesReport"];

const text = overview.now;
const tiles = "grid grid-cols-2 gap-px border-b bg-line";

/** What flows through the pipeline at this moment: the server's figures of the last minutes, and the live feed's of the last second. */
export function NowCard() {
  const { state } = useLive();
  return (
    <Card
      flush
      title={text.title}
      description={state === "polling" || state === "offline" ? text.noLive : text.description}
      footer={<TextLink to="/pipeline">{text.toPipeline}</TextLink>}
    >
      <QueryView query={useRates()} skeleton={<NowSkeleton />}>
        {(rates) => (
          <>
            <Figures rates={rates} />
            <Course rates={rates} />
          </>
        )}
      </QueryView>
    </Card>
  );
}

const timeOf = (milliseconds: number | undefined): string => (milliseconds === undefined ? text.unknown : formatDuration(milliseconds));

function Figures({ rates }: { rates: Rates }) {
  const stats = useLiveStats();
  const mean = text.mean(formatDuration(Math.round(rates.seconds) * 1000));
  return (
    <div className={tiles}>
      <Stat
        label={text.verdicts}
        value={formatRate(stats?.verdicts_per_second ?? rates.verdicts_per_second)}
        hint={stats ? text.flagged(formatCount(stats.bots)) : mean}
      />
      <Stat label={text.events} value={formatRate(rates.events_per_second)} hint={mean} />
      <Stat label={text.latencyHalf} hint={text.latencyHalfHint} value={timeOf(rates.latency?.p50_ms)} />
      <Stat label={text.latencyMost} hint={text.latencyMostHint} value={timeOf(rates.latency?.p95_ms)} />
    </div>
  );
}

/** How the last minutes went, by tens of seconds. */
function Course({ rates: { course } }: { rates: Rates }) {
  if (course.length < 2) return <p className="px-4 py-6 text-[13px] text-muted">{text.waiting}</p>;
  return (
    <div className="space-y-3 px-4 py-3">
      <Line label={text.course.verdicts} values={course.map((point) => point.verdicts_per_second)} />
      <Line label={text.course.events} values={course.map((point) => point.events_per_second)} />
    </div>
  );
}

function Line({ label, values }: { label: string; values: number[] }) {
  return (
    <div>
      <p aria-hidden className="mb-1 text-xs text-muted">
        {label}
      </p>
      <Sparkline values={values} label={label} format={formatRate} className="h-10! w-full!" />
    </div>
  );
}

function NowSkeleton() {
  return (
    <>
      <div className={tiles}>
        {[text.verdicts, text.events, text.latencyHalf, text.latencyMost].map((label, index) => (
          <Stat key={index} label={label} value={null} loading hint=" " />
        ))}
      </div>
      <div className="px-4 py-3">
        <Skeleton className="h-24" />
      </div>
    </>
  );
}
