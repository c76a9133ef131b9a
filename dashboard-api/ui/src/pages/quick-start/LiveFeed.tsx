import { useState } from "react";
import { Link } from "react-router";
import { Card, focusRing, RiskBadge, Time } from "@/components";
import { sessionPath } from "@/app/pages";
import { cx } from "@/lib/cx";
import { shortId } from "@/lib/format";
import { type SessionUpdate, useLive, useLiveMessages } from "@/live";
import { feed as words } from "@/strings/quick-start";

/** How many sessions are shown; one row each, the newest word on top. */
const SHOWN = 8;

/** The newest message of each session, newest first. */
export function withUpdate(shown: readonly SessionUpdate[], update: SessionUpdate): SessionUpdate[] {
  return [update, ...shown.filter(({ session_id }) => session_id !== update.session_id)].slice(0, SHOWN);
}

export function LiveFeed() {
  const { state } = useLive();
  const [updates, setUpdates] = useState<readonly SessionUpdate[]>([]);
  useLiveMessages(["session_updated", "analysis_complete"], (message) => {
    if (message.type !== "snapshot") setUpdates((shown) => withUpdate(shown, message));
  });
  const isAway = state === "polling" || state === "offline";
  return (
    <Card title={words.title} description={words.description} flush>
      {isAway ? <p className="border-b border-line px-4 py-2 text-xs text-muted">{words.offline}</p> : null}
      {updates.length === 0 ? (
        <p className="px-4 py-6 text-[13px] text-muted">{words.empty}</p>
      ) : (
        <ul aria-label={words.label} className="divide-y divide-line">
          {updates.map((update) => (
            <li key={update.session_id}>
              <Row update={update} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ update }: { update: SessionUpdate }) {
  return (
    <Link
      to={sessionPath(update.session_id)}
      className={cx("grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 text-[13px] hover:bg-raised", focusRing)}
    >
      <span className="min-w-0">
        <code className="font-mono text-xs">{shortId(update.session_id)}</code>
        <span className="block truncate text-xs text-muted">{update.survey_id ?? words.unlabelled}</span>
      </span>
      <span className="flex flex-col items-end gap-0.5 text-xs text-muted">
        {update.verdict === undefined ? <span>{words.noVerdict}</span> : <RiskBadge level={update.verdict.risk_level} />}
        <Time at={update.updated_at} />
      </span>
    </Link>
  );
}
