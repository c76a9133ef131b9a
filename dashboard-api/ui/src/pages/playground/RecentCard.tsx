import { History } from "lucide-react";
import { Badge, Button, Card, Time } from "@/components";
import { formatDuration } from "@/lib/format";
import { toneOf } from "@/pages/playground/AnswerCard";
import { MethodBadge } from "@/pages/playground/MethodBadge";
import { forgetAll, type Sent, useRecent } from "@/pages/playground/recent";
import { playground as words } from "@/strings/playground";

/** What was sent from this tab; pressing one fills it in again. */
export function RecentCard({ onAgain }: { onAgain: (sent: Sent) => void }) {
  const recent = useRecent();
  if (recent.length === 0) return null;
  return (
    <Card
      title={words.recent.title}
      description={words.recent.description}
      actions={
        <Button size="sm" variant="ghost" onClick={forgetAll}>
          {words.recent.clear}
        </Button>
      }
      flush
    >
      <ul className="max-h-80 divide-y divide-line overflow-auto">
        {recent.map((sent) => (
          <li key={sent.key}>
            <button
              type="button"
              aria-label={words.recent.again(`${sent.method} ${sent.address}`)}
              onClick={() => onAgain(sent)}
              className="flex min-h-9 w-full cursor-pointer flex-wrap items-center gap-x-2 gap-y-1 px-4 py-1.5 text-left text-[13px] hover:bg-raised"
            >
              <MethodBadge method={sent.method} />
              <span className="min-w-0 flex-1 basis-40 font-mono text-xs wrap-anywhere">{sent.address}</span>
              {sent.isPart ? <span className="text-xs text-muted">{words.recent.notKept}</span> : null}
              <Badge tone={sent.status === null ? "bad" : toneOf(sent.status)}>{sent.status ?? words.answer.network}</Badge>
              <span className="text-xs text-muted tabular-nums">{formatDuration(sent.milliseconds)}</span>
              <span className="inline-flex items-center gap-1 text-xs text-muted">
                <History aria-hidden className="size-3.5" />
                <Time at={sent.at} mode="clock" />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
