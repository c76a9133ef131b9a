/** The colours of the canvases, by what they are for; read anew when the theme changes. */
import { useMemo } from "react";
import { readVariable } from "@/charts/colors";
import { useTheme } from "@/charts/useTheme";
import type { KeyGroup } from "@/pages/session/replay/keyGroups";

export interface Palette {
  /** The theme that they are of. */
  theme: string;
  page: string;
  line: string;
  strong: string;
  ink: string;
  muted: string;
  faint: string;
  grid: string;
  accent: string;
  onAccent: string;
  way: string;
  press: string;
  heat: string;
  away: string;
  pages: readonly [string, string];
  scroll: string;
  inserted: string;
  reason: string;
  keys: Record<KeyGroup, string>;
}

const read = (theme: string): Palette => ({
  theme,
  page: readVariable("--surface"),
  line: readVariable("--line"),
  strong: readVariable("--strong"),
  ink: readVariable("--ink"),
  muted: readVariable("--muted"),
  faint: readVariable("--faint"),
  grid: readVariable("--chart-grid"),
  accent: readVariable("--accent"),
  onAccent: readVariable("--on-accent"),
  way: readVariable("--chart-2"),
  press: readVariable("--chart-5"),
  heat: readVariable("--risk-high"),
  away: readVariable("--warn"),
  pages: [readVariable("--chart-1"), readVariable("--chart-6")],
  scroll: readVariable("--chart-6"),
  inserted: readVariable("--risk-high"),
  reason: readVariable("--risk-critical"),
  keys: {
    text: readVariable("--chart-2"),
    space: readVariable("--chart-1"),
    correction: readVariable("--chart-5"),
    command: readVariable("--chart-3"),
  },
});

export function usePalette(): Palette {
  const theme = useTheme();
  return useMemo(() => read(theme), [theme]);
}
