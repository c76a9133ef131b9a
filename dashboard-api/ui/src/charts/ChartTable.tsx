import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { ScrollRegion } from "@/components/ScrollRegion";
import { focusRing } from "@/components/classes";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";

export interface ChartTableProps {
  label: string;
  /** The first column names the row. */
  head: readonly string[];
  /** Called only while the table is open. */
  rows: () => readonly (readonly string[])[];
}

/** A chart's numbers as a table, for those who cannot see it or want to copy them. */
export function ChartTable({ label, head, rows }: ChartTableProps) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="group mt-2 text-xs">
      <summary className={cx("inline-flex h-6 w-fit list-none items-center gap-1 rounded-control pr-1.5 text-muted hover:text-ink [&::-webkit-details-marker]:hidden", focusRing)}>
        <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90 motion-reduce:transition-none" />
        {text.chart.showTable}
      </summary>
      {open ? <NumberTable label={label} head={head} rows={rows()} /> : null}
    </details>
  );
}

function NumberTable({ label, head, rows }: { label: string; head: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <ScrollRegion label={text.scrollable(label)} className="mt-1 max-h-64 rounded-control border border-line">
      <table className="w-full border-collapse">
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 bg-raised text-muted">
          <tr>
            {head.map((name, column) => (
              <th key={column} scope="col" className={cx("px-2.5 py-1 font-medium whitespace-nowrap", column === 0 ? "text-left" : "text-right")}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody className="text-ink tabular-nums">
          {rows.map((cells, row) => (
            <tr key={row} className="border-t border-line">
              {cells.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row" className="px-2.5 py-1 text-left font-normal whitespace-nowrap">{cell}</th>
                ) : (
                  <td key={column} className="px-2.5 py-1 text-right whitespace-nowrap">{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
