import { Moon, Rocket } from "lucide-react";
import { ButtonLink, Card, EmptyState, Button, QueryView, Skeleton } from "@/components";
import { formatRelative } from "@/lib/format";
import type { Range } from "@/lib/range";
import { useNewestSession } from "@/pages/overview/queries";
import { overview } from "@/strings/overview";

/** In place of charts when a period has no session: the way in for a first visit, or the way back to when there were some. */
export function Nothing({ onRange }: { onRange: (range: Range) => void }) {
  const query = useNewestSession(true);
  return (
    <Card>
      <QueryView query={query} skeleton={<Skeleton className="h-44" />}>
        {(newest) => (newest === null ? <FirstVisit /> : <QuietPeriod began={newest.created_at} onRange={onRange} />)}
      </QueryView>
    </Card>
  );
}

function FirstVisit() {
  const text = overview.first;
  return (
    <EmptyState
      icon={Rocket}
      title={text.title}
      action={
        <>
          <ButtonLink to="/quick-start" variant="primary">
            {text.action}
          </ButtonLink>
          <ButtonLink to="/integrations">{text.integrations}</ButtonLink>
        </>
      }
    >
      {text.text}
    </EmptyState>
  );
}

function QuietPeriod({ began, onRange }: { began: string; onRange: (range: Range) => void }) {
  const text = overview.quiet;
  return (
    <EmptyState
      icon={Moon}
      title={text.title}
      action={
        <>
          <Button variant="primary" onClick={() => onRange({ range: "90d" })}>
            {text.action}
          </Button>
          <ButtonLink to="/sessions">{text.sessions}</ButtonLink>
        </>
      }
    >
      {text.text(formatRelative(began))}
    </EmptyState>
  );
}
