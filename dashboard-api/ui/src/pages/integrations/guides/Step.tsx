import type { ReactNode } from "react";
import { Words } from "@/pages/integrations/setup/Words";

interface Properties {
  title: string;
  text?: string;
  children?: ReactNode;
}

/** A list of steps with numbers in the margin; each has a heading below the card's. */
export function Steps({ children }: { children: ReactNode }) {
  return <ol className="space-y-6 [counter-reset:step]">{children}</ol>;
}

export function Step({ title, text, children }: Properties) {
  return (
    <li className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3 [counter-increment:step]">
      <span
        aria-hidden
        className="inline-flex size-6 items-center justify-center rounded-full border border-line bg-sunken text-xs font-medium text-muted tabular-nums before:content-[counter(step)]"
      />
      <div className="min-w-0 space-y-2.5">
        <h3 className="text-[13px] leading-6 font-semibold text-ink">{title}</h3>
        {text === undefined ? null : (
          <p className="max-w-prose text-[13px] text-pretty text-muted">
            <Words>{text}</Words>
          </p>
        )}
        {children}
      </div>
    </li>
  );
}

/** A further sentence of a step. */
export function Aside({ children }: { children: string }) {
  return (
    <p className="max-w-prose text-[13px] text-pretty text-muted">
      <Words>{children}</Words>
    </p>
  );
}
