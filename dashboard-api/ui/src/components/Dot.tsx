import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { toneSolid, type Tone } from "./classes";

/** A small mark with a word; the word carries the meaning. */
export function Dot({ tone, label, pulse = false }: { tone: Tone; label: ReactNode; pulse?: boolean }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5 text-[13px]">
      <span aria-hidden className={cx("size-2 shrink-0 rounded-full", toneSolid[tone], pulse && "animate-pulse motion-reduce:animate-none")} />
      <span className="min-w-0 truncate">{label}</span>
    </span>
  );
}
