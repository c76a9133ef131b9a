import { useState } from "react";
import { BarList, BoxStrip, Histogram, Sparkline, StackedBar, TimeChart, type ChartColor, type StripGroup } from "@/charts";
import { Card } from "@/components";
import { formatDuration, formatPercent } from "@/lib/format";
import { gallery as text } from "@/strings/gallery";
import { RISKS, riskWord, type Risk } from "@/strings/words";

const colors: Record<Risk, ChartColor> = { LOW: "risk-low", MEDIUM: "risk-medium", HIGH: "risk-high", CRITICAL: "risk-critical" };
const START = 1_795_200_000;
const times = Array.from({ length: 48 }, (_, index) => START + index * 3600);
const wave = (index: number, height: number) => Math.round(height * (1.2 + Math.sin(index / 4)));
const byRisk = RISKS.map((risk, place) => ({ name: riskWord(risk), color: colors[risk], kind: "bars" as const, values: times.map((_, index) => wave(index + place, 80 / (place + 1))) }));
const rate = [{ name: text.charts.area, color: 1 as const, kind: "area" as const, values: times.map((_, index) => (index > 20 && index < 24 ? null : wave(index, 12))) }];
const bins = Array.from({ length: 20 }, (_, index) => ({ from: index / 20, to: (index + 1) / 20, count: Math.round(900 * Math.exp(-index / 4)) + (index > 15 ? 120 : 0) }));

const strip = (name: string, color: ChartColor, middle: number): StripGroup => ({
  name, color, p10: middle * 0.4, p25: middle * 0.7, p50: middle, p75: middle * 1.4, p90: middle * 2.1, count: 240,
});
const pages = [1, 2, 3].map((page) => ({ label: text.charts.page(page), groups: [strip(text.charts.people, 1, 9000 * page), strip(text.charts.bots, 5, 2500)] }));

export function ChartSamples() {
  const [range, setRange] = useState("");
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title={text.charts.lines} description={range}>
        <TimeChart label={text.charts.lines} times={times} series={byRisk} stacked syncKey="gallery" onRange={(from, to) => setRange(`${from}–${to}`)} />
      </Card>
      <Card title={text.charts.area}>
        <TimeChart label={text.charts.area} times={times} series={rate} syncKey="gallery" />
      </Card>
      <Card title={text.charts.bars}>
        <BarList label={text.charts.bars} items={text.charts.reasons.map((label, index) => ({ key: label, label, value: 400 / (index + 1), to: `/sessions?reason=${index}` }))} />
      </Card>
      <Card title={text.charts.histogram}><Histogram label={text.charts.histogram} bins={bins} format={formatPercent} /></Card>
      <Card title={text.charts.strips}><BoxStrip label={text.charts.strips} rows={pages} format={formatDuration} /></Card>
      <Card title={text.charts.parts}>
        <StackedBar label={text.charts.parts} parts={RISKS.map((risk, index) => ({ key: risk, label: riskWord(risk), value: 800 / (index * index + 1), color: colors[risk], to: `/sessions?risk=${risk}` }))} />
        <Sparkline label={text.charts.spark} values={times.map((_, index) => wave(index, 30))} className="mt-4" />
      </Card>
    </div>
  );
}
