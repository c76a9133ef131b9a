import { useState } from "react";
import { Button } from "@/components";
import { isNamed } from "@/lib/range";
import { useLiveMessages } from "@/live";
import type { SessionUpdate } from "@/live/messages";
import { review as text } from "@/strings/review";
import type { QueueFilter } from "./filter";
import type { QueueItem } from "./queries";

interface Properties {
  filter: QueueFilter;
  items: QueueItem[];
  onRefresh: () => void;
}

/** Sessions that have ended since the queue was read. They wait: a queue that moves under one's hands is no use. */
export function NewSessions({ filter, items, onRefresh }: Properties) {
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  const [isOld, setOld] = useState(false);
  useLiveMessages(["session_updated", "analysis_complete"], (message) => {
    if (message.type === "snapshot") {
      if (message.reason !== "start") setOld(true);
      return;
    }
    if (message.type === "session_updated") return;
    const isKnown = items.some((item) => item.session_id === message.session_id);
    if (!isKnown && belongs(message, filter)) setFound((before) => new Set(before).add(message.session_id));
  });
  if (found.size === 0 && !isOld) return <span role="status" />;
  return (
    <span role="status">
      <Button variant="primary" onClick={onRefresh} aria-label={found.size === 0 ? text.changed : text.newOnesLabel(found.size)}>
        {found.size === 0 ? text.changed : text.newOnes(found.size)}
      </Button>
    </span>
  );
}

function belongs(message: SessionUpdate, { risks, survey, range }: QueueFilter): boolean {
  if (!isNamed(range) || message.status === "active" || message.verdict === undefined) return false;
  return risks.includes(message.verdict.risk_level) && (survey === null || message.survey_id === survey);
}
