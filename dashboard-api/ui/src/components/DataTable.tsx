import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { focusRingInset } from "./classes";
import { ScrollRegion } from "./ScrollRegion";

export interface DataColumn<Row> {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: "left" | "right" | undefined;
  className?: string | undefined;
  /** Left out on windows narrower than this. */
  hideBelow?: "sm" | "md" | "lg" | undefined;
}

export interface DataTableProps<Row> {
  /** Names the table for screen readers. */
  caption: string;
  columns: DataColumn<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string | number;
  /** Makes the whole row a link; its text is the first column's, which then must hold nothing to press. */
  rowTo?: ((row: Row) => string) | undefined;
  empty?: ReactNode;
  stickyHeader?: boolean | undefined;
  className?: string | undefined;
}

const hidden = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden" };

function cellClass<Row>(column: DataColumn<Row>): string {
  return cx(
    "cell-pad px-3 first:pl-4 last:pr-4",
    column.align === "right" ? "text-right tabular-nums" : "text-left",
    column.hideBelow && hidden[column.hideBelow],
    column.className,
  );
}

export function DataTable<Row>({ caption, columns, rows, rowKey, rowTo, empty, stickyHeader = false, className }: DataTableProps<Row>) {
  if (rows.length === 0) return <div className="px-4 py-6 text-[13px] text-muted">{empty ?? text.noRows}</div>;
  return (
    <ScrollRegion label={caption} className={className}>
      <table className="w-full border-collapse text-[13px] text-ink">
        <caption className="sr-only">{caption}</caption>
        <thead className={cx(stickyHeader && "sticky top-0 z-10")}>
          <tr className="bg-surface shadow-[inset_0_-1px_0_var(--color-line)]">
            {columns.map((column) => (
              <th key={column.key} scope="col" className={cx(cellClass(column), "text-xs font-medium whitespace-nowrap text-muted")}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={cx("h-(--row-h) border-b border-line last:border-b-0", rowTo && "relative hover:bg-raised")}>
              {columns.map((column, index) => (
                <td key={column.key} className={cellClass(column)}>
                  {rowTo && index === 0 ? <RowLink to={rowTo(row)}>{column.cell(row)}</RowLink> : column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** The link covers its row; controls in other cells need `relative z-1` to stay above it. */
function RowLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      to={to}
      className={cx(
        "font-medium text-ink no-underline outline-none after:absolute after:inset-0",
        "focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent",
        focusRingInset,
      )}
    >
      {children}
    </Link>
  );
}
