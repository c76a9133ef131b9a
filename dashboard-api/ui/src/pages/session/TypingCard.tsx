import type { UseQueryResult } from "@tanstack/react-query";
import { BarList, Histogram } from "@/charts";
import { Card, KeyValues, QueryView, SkeletonText } from "@/components";
import type { Schemas } from "@/api/client";
import { formatCount } from "@/lib/format";
import { flightBins } from "@/pages/session/rhythm";
import { session } from "@/strings/session";
import { keyClassWord } from "@/strings/sessionEvents";

const text = session.typing;

type Rhythm = Schemas["TypingRhythm"];

/** How keys were pressed: by times and classes only. */
export function TypingCard({ typing }: { typing: UseQueryResult<Rhythm> }) {
  return (
    <Card title={text.title} description={text.description}>
      <QueryView
        query={typing}
        skeleton={<SkeletonText lines={6} />}
        empty={(rhythm) => (rhythm.pressed === 0 ? <p className="text-[13px] text-muted">{text.none}</p> : false)}
        compactError
      >
        {(rhythm) => <Figures rhythm={rhythm} />}
      </QueryView>
    </Card>
  );
}

function Figures({ rhythm }: { rhythm: Rhythm }) {
  const bins = flightBins(rhythm.keys);
  const classes = Object.entries(rhythm.by_class).sort(([, one], [, other]) => other - one);
  const items: { label: string; value: string }[] = [{ label: text.pressed, value: formatCount(rhythm.pressed) }];
  if (rhythm.dwell != null) items.push({ label: text.held, value: quantiles(rhythm.dwell) });
  if (rhythm.flight != null) items.push({ label: text.between, value: quantiles(rhythm.flight) });
  return (
    <div className="flex flex-col gap-4">
      <KeyValues items={items} />
      {bins.length === 0 ? null : (
        <div>
          <h3 className="mb-1 text-xs font-medium text-muted">{text.histogram}</h3>
          <Histogram label={text.histogram} bins={bins} height={96} color={2} format={milliseconds} />
          {bins.some(({ to, count }) => to <= 0 && count > 0) ? <p className="mt-1 text-xs text-muted">{text.overlap}</p> : null}
        </div>
      )}
      <div>
        <h3 className="mb-1 text-xs font-medium text-muted">{text.classes}</h3>
        <BarList label={text.classes} items={classes.map(([name, value]) => ({ key: name, label: keyClassWord(name), value, color: 2 }))} />
      </div>
    </div>
  );
}

const milliseconds = (value: number): string => formatCount(Math.round(value));

const quantiles = ({ p10, p50, p90 }: Schemas["Quantiles"]): string =>
  text.quantiles(`${milliseconds(p10)} ms`, `${milliseconds(p50)} ms`, `${milliseconds(p90)} ms`);
