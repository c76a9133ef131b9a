import { ButtonLink, ClassBadge, KeyValues, RiskBadge, StatusBadge } from "@/components";
import { sessionPath } from "@/app/pages";
import { formatCount, formatDuration, shortId } from "@/lib/format";
import type { Watched } from "@/pages/quick-start/queries";
import { verdictStep as words } from "@/strings/quick-start";

/** What became of the session, as far as it is known. `tookMs` is from the last acknowledgement to the verdict, when it was sent here. */
export function VerdictStep({ watched, tookMs }: { watched: Watched | null; tookMs: number | null }) {
  if (watched === null) return <p className="text-muted">{words.waiting}</p>;
  return (
    <>
      <p role="status" className="max-w-prose text-pretty text-muted">
        {watched.risk === null ? words.judging : tookMs === null ? words.text : sinceText(tookMs)}
      </p>
      <KeyValues
        items={[
          { label: words.session, value: <code className="font-mono text-xs" title={watched.id}>{shortId(watched.id)}</code> },
          { label: words.state, value: <StatusBadge status={watched.status} /> },
          { label: words.events, value: <span className="tabular-nums">{formatCount(watched.events)}</span> },
          ...(watched.risk === null ? [] : verdictItems(watched)),
        ]}
      />
      {watched.risk === null ? null : <p className="text-xs text-muted">{words.careful}</p>}
      <ButtonLink to={sessionPath(watched.id)} variant={watched.risk === null ? "secondary" : "primary"}>
        {words.open}
      </ButtonLink>
    </>
  );
}

/** Answer and verdict are on their way at the same time; below this one cannot say which was first. */
const AT_ONCE_MS = 50;
const sinceText = (tookMs: number): string => (tookMs < AT_ONCE_MS ? words.atOnce : words.since(formatDuration(tookMs)));

function verdictItems(watched: Watched) {
  return [
    {
      label: words.risk,
      value: (
        <span className="flex flex-wrap items-center gap-2">
          <RiskBadge level={watched.risk} />
          <span className="text-xs text-muted">{watched.isFinal ? words.final : words.running}</span>
        </span>
      ),
    },
    { label: words.looks, value: <ClassBadge value={watched.class} /> },
    ...(watched.reason === null ? [] : [{ label: words.reason, value: watched.reason }]),
  ];
}
