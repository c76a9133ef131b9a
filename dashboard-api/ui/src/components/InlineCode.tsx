import type { ReactNode } from "react";

export function InlineCode({ children }: { children: ReactNode }) {
  return <code className="rounded-sm border border-line bg-sunken px-1 py-px font-mono text-[0.9em] wrap-anywhere text-ink">{children}</code>;
}
