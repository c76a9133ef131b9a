import { TimeChart } from "@/charts";
import { Card } from "@/components";
import { formatRate, formatShort } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import { lagLine, rateLine, type Sample, timesOf } from "./history";
import type { Pipeline } from "./queries";

const COLORS = [1, 2, 3, 4, 5, 6] as const;
const HEIGHT = 180;
/** One cursor on both charts. */
const SYNC = "pipeline";

interface Properties {
  report: Pipeline;
  history: Sample[];
}

export function Trends({ report, history }: Properties) {
  const lags = report.groups.map((group) => ({ name: text.role(group.role), values: lagLine(history, group.role) }));
  const rates = report.topics.map((topic) => ({ name: text.topicRole(topic.role), values: rateLine(history, topic.role) }));
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Trend title={text.lagChart} note={text.lagChartNote} history={history} lines={lags} format={formatShort} />
      <Trend title={text.rateChart} note={text.rateChartNote} history={history} lines={rates} format={formatRate} />
    </div>
  );
}

interface TrendProperties {
  title: string;
  note: string;
  history: Sample[];
  lines: { name: string; values: (number | null)[] }[];
  format: (value: number) => string;
}

function Trend({ title, note, history, lines, format }: TrendProperties) {
  const series = lines.map(({ name, values }, index) => ({
    name,
    values,
    color: COLORS[index % COLORS.length] ?? 1,
    kind: "line" as const,
  }));
  return (
    <Card title={title} description={note} footer={text.sinceOpened}>
      {history.length < 2 ? (
        <p className="flex h-45 items-center justify-center text-[13px] text-muted">{text.collecting}</p>
      ) : (
        <TimeChart label={title} times={timesOf(history)} series={series} height={HEIGHT} format={format} syncKey={SYNC} />
      )}
    </Card>
  );
}
