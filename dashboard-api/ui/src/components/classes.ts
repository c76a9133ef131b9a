/** Class lists shared by several components, so that focus and control shapes are the same everywhere. */

export const focusRing =
  "focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-accent";

/** For elements whose parent clips: the ring is drawn inside. */
export const focusRingInset =
  "focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent";

export const quietTransition = "transition-colors duration-100 motion-reduce:transition-none";

export const controlBox =
  "h-8 w-full min-w-0 rounded-control border border-strong bg-surface px-2.5 text-[13px] text-ink " +
  "placeholder:text-muted hover:border-muted disabled:cursor-not-allowed disabled:opacity-60 " +
  "aria-invalid:border-bad";

/** A floating panel: popover, menu. */
export const floatingPanel =
  "z-50 rounded-card border border-line bg-surface text-ink shadow-raised transition-opacity duration-100 starting:opacity-0 motion-reduce:transition-none";

export type Tone = "neutral" | "good" | "warn" | "bad" | "info" | "accent";

export const toneSoft: Record<Tone, string> = {
  neutral: "bg-sunken text-muted",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  accent: "bg-accent-soft text-accent",
};

export const toneText: Record<Tone, string> = {
  neutral: "text-muted",
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  info: "text-info",
  accent: "text-accent",
};

export const toneSolid: Record<Tone, string> = {
  neutral: "bg-muted",
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
  info: "bg-info",
  accent: "bg-accent",
};
