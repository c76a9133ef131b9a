import type { Schemas } from "@/api/client";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";

type Count = Schemas["SessionCount"];

export function countWords({ value, kind }: Count): string {
  const count = formatCount(value);
  return kind === "exact" ? text.count.exact(count, value) : text.count[kind](count);
}

const hintOf = ({ kind }: Count): string | undefined =>
  kind === "estimate" ? text.count.estimateHint : kind === "at_least" ? text.count.atLeastHint : undefined;

/** How many sessions match, and what the number is worth. */
export function CountLine({ count }: { count: Count | null | undefined }) {
  if (!count) return text.count.unknown;
  return (
    <span title={hintOf(count)} className="tabular-nums">
      {countWords(count)}
    </span>
  );
}
