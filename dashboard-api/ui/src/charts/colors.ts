/** Chart colours by name: as classes for HTML and SVG, as values for canvas. Tailwind needs the whole class names in the source. */

export type ChartColor =
  | 1 | 2 | 3 | 4 | 5 | 6
  | "risk-low" | "risk-medium" | "risk-high" | "risk-critical"
  | "good" | "warn" | "bad" | "info" | "accent" | "muted";

interface ColorShape {
  variable: string;
  background: string;
  fill: string;
  stroke: string;
}

const shapes: Record<ChartColor, ColorShape> = {
  1: { variable: "--chart-1", background: "bg-chart-1", fill: "fill-chart-1", stroke: "stroke-chart-1" },
  2: { variable: "--chart-2", background: "bg-chart-2", fill: "fill-chart-2", stroke: "stroke-chart-2" },
  3: { variable: "--chart-3", background: "bg-chart-3", fill: "fill-chart-3", stroke: "stroke-chart-3" },
  4: { variable: "--chart-4", background: "bg-chart-4", fill: "fill-chart-4", stroke: "stroke-chart-4" },
  5: { variable: "--chart-5", background: "bg-chart-5", fill: "fill-chart-5", stroke: "stroke-chart-5" },
  6: { variable: "--chart-6", background: "bg-chart-6", fill: "fill-chart-6", stroke: "stroke-chart-6" },
  "risk-low": { variable: "--risk-low", background: "bg-risk-low", fill: "fill-risk-low", stroke: "stroke-risk-low" },
  "risk-medium": { variable: "--risk-medium", background: "bg-risk-medium", fill: "fill-risk-medium", stroke: "stroke-risk-medium" },
  "risk-high": { variable: "--risk-high", background: "bg-risk-high", fill: "fill-risk-high", stroke: "stroke-risk-high" },
  "risk-critical": { variable: "--risk-critical", background: "bg-risk-critical", fill: "fill-risk-critical", stroke: "stroke-risk-critical" },
  good: { variable: "--good", background: "bg-good", fill: "fill-good", stroke: "stroke-good" },
  warn: { variable: "--warn", background: "bg-warn", fill: "fill-warn", stroke: "stroke-warn" },
  bad: { variable: "--bad", background: "bg-bad", fill: "fill-bad", stroke: "stroke-bad" },
  info: { variable: "--info", background: "bg-info", fill: "fill-info", stroke: "stroke-info" },
  accent: { variable: "--accent", background: "bg-accent", fill: "fill-accent", stroke: "stroke-accent" },
  muted: { variable: "--faint", background: "bg-faint", fill: "fill-faint", stroke: "stroke-faint" },
};

export const backgroundOf = (color: ChartColor): string => shapes[color].background;
export const fillOf = (color: ChartColor): string => shapes[color].fill;
export const strokeOf = (color: ChartColor): string => shapes[color].stroke;

/** The value of a colour in the theme of this moment. */
export const valueOf = (color: ChartColor): string => readVariable(shapes[color].variable);

export function readVariable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
