import { Fragment, type ReactNode } from "react";
import { cx } from "@/lib/cx";

export interface KeyValuesProps {
  items: readonly { label: ReactNode; value: ReactNode }[];
  className?: string | undefined;
}

export function KeyValues({ items, className }: KeyValuesProps) {
  return (
    <dl className={cx("grid grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-[13px]", className)}>
      {items.map((item, index) => (
        <Fragment key={index}>
          <dt className="text-muted">{item.label}</dt>
          <dd className="min-w-0 wrap-anywhere text-ink">{item.value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
