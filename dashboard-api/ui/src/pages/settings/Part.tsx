import type { ReactNode } from "react";

/** A titled part within a card. */
export function Part({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="text-[13px] font-semibold">{title}</h3>
      {hint === undefined ? null : <p className="text-xs text-muted">{hint}</p>}
      <div className="mt-2 overflow-hidden rounded-control border border-line">{children}</div>
    </section>
  );
}
