import { LabelBadge, Time } from "@/components";
import { review as text } from "@/strings/review";
import type { Trail } from "./queries";

/** Everything that was said of the session, the newest first. */
export function TrailList({ trail: { trail } }: { trail: Trail }) {
  if (trail.length === 0) return <p className="text-[13px] text-muted">{text.trailEmpty}</p>;
  return (
    <ol className="space-y-2 text-[13px]">
      {trail.map((entry) => (
        <li key={entry.id}>
          <p className="flex flex-wrap items-center gap-2">
            {entry.label === "cleared" ? <span>{text.trailCleared}</span> : <LabelBadge label={entry.label} />}
            <span className="text-muted">{text.by(entry.actor)}</span>
            <span className="text-xs text-muted">
              <Time at={entry.created_at} />
            </span>
          </p>
          {(entry.note ?? "") === "" ? null : <p className="mt-0.5 text-muted wrap-anywhere">{entry.note}</p>}
        </li>
      ))}
    </ol>
  );
}
