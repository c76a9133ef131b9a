import { cx } from "@/lib/cx";

const TONES: Record<string, string> = {
  GET: "bg-info-soft text-info",
  POST: "bg-good-soft text-good",
  PUT: "bg-warn-soft text-warn",
  PATCH: "bg-warn-soft text-warn",
  DELETE: "bg-bad-soft text-bad",
};

export function MethodBadge({ method }: { method: string }) {
  return (
    <span
      className={cx(
        "inline-flex h-5 w-12 shrink-0 items-center justify-center rounded-sm font-mono text-[11px] font-semibold",
        TONES[method] ?? "bg-sunken text-muted",
      )}
    >
      {method}
    </span>
  );
}
