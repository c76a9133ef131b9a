import { ChevronLeft, ChevronRight, CircleCheck, CircleDashed, Clapperboard } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Card, EmptyState, IconButton, Meter } from "@/components";
import type { Schemas } from "@/api/client";
import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import { measuredOf } from "@/pages/session/evidence";
import { hasMoments } from "@/pages/session/moments";
import { clockText } from "@/pages/session/replay/timeAxis";
import { type Limits, STRENGTHS, type Strength, strengthOf } from "@/pages/session/weighing";
import { session } from "@/strings/session";
import { replay } from "@/strings/sessionReplay";
import { methodWord } from "@/strings/words";

const text = session.reasons;

type Reason = Schemas["Reason"];

interface Properties {
  verdict: Schemas["Verdict"];
  limits: Limits | null;
  /** Times at which each reason can be seen, by its code. */
  moments: ReadonlyMap<string, readonly number[]>;
  /** The reason that the replay points out. */
  shown: string | null;
  /** Events are still read: moments are not known yet. */
  isReading: boolean;
  onShow: (code: string, t: number) => void;
}

/** Why, as sentences, by how strongly they speak. */
export function ReasonsCard(properties: Properties) {
  const { reasons, data_sufficiency } = properties.verdict;
  return (
    <Card title={text.title} description={text.description} flush>
      {reasons.length === 0 ? (
        <EmptyState icon={data_sufficiency.sufficient ? CircleCheck : CircleDashed} title={text.none}>
          {data_sufficiency.sufficient ? text.noneEnough : text.noneLittle}
        </EmptyState>
      ) : (
        STRENGTHS.map((strength) => <Group key={strength} strength={strength} {...properties} />)
      )}
    </Card>
  );
}

function Group({ strength, ...properties }: Properties & { strength: Strength }) {
  const reasons = properties.verdict.reasons.filter((reason) => strengthOf(reason.weight, properties.limits) === strength);
  if (reasons.length === 0) return null;
  return (
    <section className="border-b last:border-b-0">
      <h3 className="bg-sunken px-4 py-1.5 text-xs font-medium text-muted">{text.groups[strength]}</h3>
      <ul className="divide-y divide-line">
        {reasons.map((reason) => (
          <ReasonItem key={reason.code} reason={reason} strength={strength} {...properties} />
        ))}
      </ul>
    </section>
  );
}

const TONES = { strong: "bad", supporting: "warn", weak: "neutral" } as const;

function ReasonItem({ reason, strength, moments, shown, isReading, onShow }: Omit<Properties, "verdict"> & { reason: Reason; strength: Strength }) {
  const measured = measuredOf(reason.evidence);
  const isShown = shown === reason.code;
  return (
    <li className={cx("px-4 py-3", isShown && "bg-risk-critical-soft")}>
      <div className="flex items-start gap-4">
        <p className="min-w-0 flex-1 text-sm text-pretty text-ink">{reason.text}</p>
        <div className="w-16 shrink-0 pt-0.5" title={text.weightHint}>
          <p className="text-right text-[13px] font-medium tabular-nums">{formatPercent(reason.weight)}</p>
          <Meter value={reason.weight} label={text.weight(formatPercent(reason.weight))} tone={TONES[strength]} />
        </div>
      </div>
      <div className="mt-2 flex flex-wrap items-end justify-between gap-x-6 gap-y-2 text-xs text-muted">
        <div className="flex min-w-0 flex-1 basis-72 flex-wrap items-center gap-x-4 gap-y-1.5">
          <Badge>{methodWord(reason.method)}</Badge>
          {measured.map(({ name, value }) => (
            <span key={name}>
              {name} <span className="font-medium text-ink tabular-nums">{value}</span>
            </span>
          ))}
          <code className="font-mono text-[11px]">{reason.code}</code>
        </div>
        <Moments code={reason.code} times={moments.get(reason.code) ?? []} isReading={isReading} isShown={isShown} onShow={onShow} />
      </div>
    </li>
  );
}

interface MomentsProperties {
  code: string;
  times: readonly number[];
  isReading: boolean;
  isShown: boolean;
  onShow: (code: string, t: number) => void;
}

/** Leads through the moments of a reason, one after the other. */
function Moments({ code, times, isReading, isShown, onShow }: MomentsProperties) {
  const [place, setPlace] = useState(0);
  if (!hasMoments(code)) return <span>{text.noMoments}</span>;
  if (isReading) return null;
  const at = times[Math.min(place, times.length - 1)];
  if (at === undefined) return <span>{text.noneFound}</span>;
  const step = (by: number) => {
    const next = (place + by + times.length) % times.length;
    setPlace(next);
    onShow(code, times[next] ?? at);
  };
  return (
    <span className="inline-flex min-h-7 items-center gap-1" title={text.momentsHint}>
      {isShown && times.length > 1 ? (
        <>
          <IconButton label={replay.previousMoment} icon={ChevronLeft} size="sm" onClick={() => step(-1)} />
          <span className="tabular-nums">
            {replay.moment(place + 1, times.length)}, {clockText(at, true)}
          </span>
          <IconButton label={replay.nextMoment} icon={ChevronRight} size="sm" onClick={() => step(1)} />
        </>
      ) : (
        <Button size="sm" variant="secondary" icon={Clapperboard} onClick={() => onShow(code, at)}>
          {text.show}
          <span className="font-normal text-muted">{text.showCount(times.length)}</span>
        </Button>
      )}
    </span>
  );
}
