import { useId, type ReactNode } from "react";
import { cx } from "@/lib/cx";

export interface CardProps {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  as?: "section" | "div" | "article" | "aside" | undefined;
  className?: string | undefined;
  children?: ReactNode;
  /** No padding around the body: tables, lists. */
  flush?: boolean | undefined;
  "aria-label"?: string | undefined;
}

export function Card({ title, description, actions, footer, as: Element = "section", className, children, flush = false, ...rest }: CardProps) {
  const titleId = useId();
  const hasHead = title !== undefined || actions !== undefined || description !== undefined;
  return (
    <Element
      {...(title === undefined ? { "aria-label": rest["aria-label"] } : { "aria-labelledby": titleId })}
      className={cx("flex min-w-0 flex-col rounded-card border border-line bg-surface", className)}
    >
      {hasHead ? (
        <div className={cx("flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3", flush ? "border-b border-line pb-3" : "pb-2")}>
          <div className="min-w-0 flex-1">
            {title === undefined ? null : (
              <h2 id={titleId} className="text-sm leading-6 font-semibold text-ink">{title}</h2>
            )}
            {description === undefined ? null : <p className="text-[13px] text-pretty text-muted">{description}</p>}
          </div>
          {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      ) : null}
      <div className={cx("min-w-0 flex-1", flush ? "overflow-clip" : hasHead ? "px-4 pt-1 pb-4" : "p-4", flush && !footer ? "rounded-b-card" : "", flush && !hasHead ? "rounded-t-card" : "")}>
        {children}
      </div>
      {footer === undefined ? null : <div className="border-t border-line px-4 py-2.5 text-[13px] text-muted">{footer}</div>}
    </Element>
  );
}
