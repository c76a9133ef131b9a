import { useMemo } from "react";
import { TimeChart } from "@/charts";
import { Card } from "@/components";
import { formatPercent } from "@/lib/format";
import type { Range } from "@/lib/range";
import { dragRange } from "@/pages/counts/dragRange";
import { RiskChart } from "@/pages/counts/RiskChart";
import { qualitySeries, timesOf, type Trend } from "@/pages/counts/riskSeries";
import { counts } from "@/strings/counts";
import { survey } from "@/strings/survey";

const HEIGHT = 240;
/** Both charts are of the same times. */
const SYNC = "survey-trend";

/** Quality over time beside the sessions it is made of; dragging on either chooses the period. */
export function TrendCards({ trend, onRange }: { trend: Trend; onRange: (range: Range) => void }) {
  const times = useMemo(() => timesOf(trend), [trend]);
  const series = useMemo(() => qualitySeries(trend), [trend]);
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Card title={survey.quality.title} description={survey.quality.description}>
        <TimeChart
          label={survey.quality.label}
          times={times}
          series={series}
          height={HEIGHT}
          format={formatPercent}
          onRange={(from, to) => onRange(dragRange(from, to, trend))}
          syncKey={SYNC}
        />
      </Card>
      <Card title={counts.riskTitle} description={counts.riskDescription[trend.bucket]}>
        <RiskChart trend={trend} onRange={onRange} height={HEIGHT} syncKey={SYNC} />
      </Card>
    </div>
  );
}
