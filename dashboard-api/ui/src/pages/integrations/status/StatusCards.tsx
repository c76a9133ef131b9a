import type { UseQueryResult } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { ButtonLink, Card, EmptyState, QueryView, Skeleton } from "@/components";
import type { Integration, Status } from "@/pages/integrations/queries";
import { PLATFORMS } from "@/pages/integrations/setup/snippets";
import { useSetup } from "@/pages/integrations/setup/useSetup";
import { IntegrationCard } from "@/pages/integrations/status/IntegrationCard";
import { viewPath } from "@/pages/integrations/view";
import { platformName, status as words } from "@/strings/integrations";

const GRID = "grid items-stretch gap-4 md:grid-cols-2 xl:grid-cols-3";

/** A card for each integration; revoked ones are folded away. */
export function StatusCards({ query }: { query: UseQueryResult<Status> }) {
  return (
    <section aria-label={words.label} className="space-y-3">
      <QueryView query={query} skeleton={<CardsSkeleton />} empty={({ integrations }) => (integrations.length === 0 ? <NoIntegration /> : false)}>
        {({ integrations }) => <Cards integrations={integrations} />}
      </QueryView>
    </section>
  );
}

function Cards({ integrations }: { integrations: readonly Integration[] }) {
  const { gateway } = useSetup();
  const active = integrations.filter(({ is_active }) => is_active);
  const revoked = integrations.filter(({ is_active }) => !is_active);
  const cards = (shown: readonly Integration[]) => (
    <div className={GRID}>
      {shown.map((integration) => (
        <IntegrationCard key={integration.id} integration={integration} gateway={gateway} />
      ))}
    </div>
  );
  return (
    <>
      {active.length === 0 ? <NoIntegration /> : cards(active)}
      {revoked.length === 0 ? null : (
        <details className="text-[13px]">
          <summary className="w-fit cursor-pointer rounded-control py-1 text-muted hover:text-ink">{words.revoked(revoked.length)}</summary>
          <div className="mt-2">{cards(revoked)}</div>
        </details>
      )}
      <p className="text-xs text-pretty text-muted">{words.unproved}</p>
    </>
  );
}

function NoIntegration() {
  const guides = PLATFORMS.map((platform) => (
    <ButtonLink key={platform} to={viewPath("guides", { platform })}>
      {words.guideFor(platformName(platform))}
    </ButtonLink>
  ));
  return (
    <Card as="div">
      <EmptyState icon={Plug} title={words.emptyTitle} action={guides}>
        {words.emptyText}
      </EmptyState>
    </Card>
  );
}

function CardsSkeleton() {
  return (
    <div className={GRID}>
      {["first", "second"].map((key) => (
        <div key={key} className="space-y-3 rounded-card border border-line bg-surface p-4">
          <Skeleton className="h-5 w-40" />
          <Skeleton className="h-4 w-64 max-w-full" />
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-7 w-48" />
        </div>
      ))}
    </div>
  );
}
