import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface EmptyStateProps {
  icon?: LucideIcon | undefined;
  title: ReactNode;
  /** What to do next. */
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-1 px-4 py-10 text-center">
      {Icon ? (
        <span className="mb-2 inline-flex size-10 items-center justify-center rounded-full border border-line bg-sunken text-faint">
          <Icon aria-hidden className="size-5" />
        </span>
      ) : null}
      <p className="text-sm font-medium text-ink">{title}</p>
      {children === undefined ? null : <div className="max-w-prose text-[13px] text-pretty text-muted">{children}</div>}
      {action === undefined ? null : <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
