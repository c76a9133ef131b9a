import type { Tone } from "@/components/classes";
import { toneText } from "@/components/classes";
import { cx } from "@/lib/cx";
import { formatShort } from "@/lib/format";
import { components as text } from "@/strings/components";
import { linePoints } from "./scale";

export interface SparklineProps {
  values: readonly number[];
  label: string;
  tone?: Tone | undefined;
  format?: ((value: number) => string) | undefined;
  className?: string | undefined;
}

const WIDTH = 100;
const HEIGHT = 24;
const PAD = 2;

export function Sparkline({ values, label, tone = "accent", format = formatShort, className }: SparklineProps) {
  const first = values[0];
  const last = values.at(-1);
  const name = first === undefined || last === undefined ? label : text.chart.sparkline(label, format(first), format(last));
  const points = linePoints(values, WIDTH, HEIGHT).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
  return (
    <svg
      role="img"
      aria-label={name}
      viewBox={`0 ${-PAD} ${WIDTH} ${HEIGHT + 2 * PAD}`}
      preserveAspectRatio="none"
      className={cx("block h-6 w-24", toneText[tone], className)}
    >
      {points.length > 1 ? (
        <>
          <polygon points={`0,${HEIGHT + PAD} ${points.join(" ")} ${WIDTH},${HEIGHT + PAD}`} className="fill-current opacity-10" />
          <polyline points={points.join(" ")} vectorEffect="non-scaling-stroke" className="fill-none stroke-current stroke-[1.5]" />
        </>
      ) : null}
    </svg>
  );
}
