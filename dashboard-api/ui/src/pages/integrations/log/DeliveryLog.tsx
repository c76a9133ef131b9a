import { Inbox } from "lucide-react";
import { Button, ButtonLink, Card, EmptyState, QueryView, Skeleton } from "@/components";
import { formatCount } from "@/lib/format";
import { type Range, useRange } from "@/lib/range";
import { DeliveryDrawer } from "@/pages/integrations/log/DeliveryDrawer";
import { DeliveryFilters } from "@/pages/integrations/log/DeliveryFilters";
import { DeliveryTable } from "@/pages/integrations/log/DeliveryTable";
import { type Delivery, type LogFilter, type Status, useLog } from "@/pages/integrations/queries";
import { useParameters, viewPath } from "@/pages/integrations/view";
import { integrations as page, log as words } from "@/strings/integrations";

const RANGE: Range = { range: "7d" };
export const OUTCOMES = ["session_completed", "noted", "unmatched"] as const;

/** The filters that the address names; anything else in their place is left out. */
function useFilter(): LogFilter {
  const [parameters] = useParameters();
  const { range } = useRange(RANGE);
  const integration = parameters.get("integration");
  const outcome = parameters.get("outcome");
  return {
    integration: integration?.startsWith("int_") === true ? integration : null,
    outcome: OUTCOMES.find((known) => known === outcome) ?? null,
    range,
  };
}

/** What platforms have told: filtered, page by page, each row with its details. */
export function DeliveryLog({ status }: { status: Status | undefined }) {
  const filter = useFilter();
  const log = useLog(filter);
  const isFiltered = filter.integration !== null || filter.outcome !== null;
  return (
    <Card title={page.log} description={words.description} flush>
      <DeliveryFilters filter={filter} integrations={status?.integrations ?? []} />
      <QueryView
        query={log}
        skeleton={<RowsSkeleton />}
        empty={({ pages }) => (pages[0]?.deliveries.length === 0 ? <NoDelivery isFiltered={isFiltered} /> : false)}
      >
        {({ pages }) => (
          <>
            <DeliveryTable rows={pages.flatMap(({ deliveries }) => deliveries)} integrations={status?.integrations ?? []} />
            <More rows={count(pages)} hasMore={log.hasNextPage} busy={log.isFetchingNextPage} onMore={() => void log.fetchNextPage()} />
          </>
        )}
      </QueryView>
      <DeliveryDrawer integrations={status?.integrations ?? []} />
    </Card>
  );
}

const count = (pages: readonly { deliveries: Delivery[] }[]): number => pages.reduce((sum, { deliveries }) => sum + deliveries.length, 0);

function More({ rows, hasMore, busy, onMore }: { rows: number; hasMore: boolean; busy: boolean; onMore: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-2.5 text-[13px] text-muted">
      <span role="status">{words.shown(formatCount(rows))}</span>
      {hasMore ? (
        <Button size="sm" busy={busy} onClick={onMore}>
          {words.more}
        </Button>
      ) : (
        <span>{words.end}</span>
      )}
    </div>
  );
}

function NoDelivery({ isFiltered }: { isFiltered: boolean }) {
  const [, change] = useParameters();
  const action = isFiltered ? (
    <Button onClick={() => change({ integration: null, outcome: null })}>{words.clear}</Button>
  ) : (
    <ButtonLink to={viewPath("console")}>{words.sendTest}</ButtonLink>
  );
  return (
    <EmptyState icon={Inbox} title={words.emptyTitle} action={action}>
      {isFiltered ? words.emptyFilteredText : words.emptyText}
    </EmptyState>
  );
}

function RowsSkeleton() {
  return (
    <div className="space-y-3 p-4">
      {Array.from({ length: 6 }, (_, row) => (
        <Skeleton key={row} className="h-8 w-full" />
      ))}
    </div>
  );
}

