import { Link } from "react-router";
import { Badge, ButtonLink, Card, CopyButton, focusRing, Time } from "@/components";
import { cx } from "@/lib/cx";
import type { Integration } from "@/pages/integrations/queries";
import { webhookAddress } from "@/pages/integrations/setup/snippets";
import { nameOf } from "@/pages/integrations/status/name";
import { isRotating, standingOf, toneOf } from "@/pages/integrations/status/standing";
import { viewPath } from "@/pages/integrations/view";
import { kindWord, platformName, status as words } from "@/strings/integrations";

/** One integration: how it stands, what last came, and where to go on. */
export function IntegrationCard({ integration, gateway }: { integration: Integration; gateway: string | null }) {
  const { id, platform } = integration;
  const standing = standingOf(integration);
  const name = nameOf(integration);
  const said = words.standing[standing];
  return (
    <Card
      as="article"
      title={name}
      description={integration.name == null ? undefined : platformName(platform)}
      actions={<Badge tone={toneOf(standing)}>{said.word}</Badge>}
      footer={<Actions integration={integration} name={name} />}
    >
      <p className="min-h-10 text-[13px] text-pretty text-muted">
        {said.text}
        {isRotating(integration) ? ` ${words.rotating}` : null}
      </p>
      <LastNotices integration={integration} />
      <p className="mt-2 flex items-center gap-1 text-xs text-muted">
        <code className="min-w-0 truncate font-mono">{id}</code>
        {gateway === null ? null : <CopyButton text={webhookAddress(gateway, platform, id)} label={words.address} />}
      </p>
    </Card>
  );
}

function Actions({ integration: { id, platform, is_active }, name }: { integration: Integration; name: string }) {
  return (
    <div className="flex flex-wrap gap-2">
      {is_active ? (
        <ButtonLink size="sm" to={viewPath("console", { integration: id })} aria-label={words.testOf(name)}>
          {words.test}
        </ButtonLink>
      ) : null}
      <ButtonLink size="sm" to={viewPath("log", { integration: id })} aria-label={words.deliveriesOf(name)}>
        {words.deliveries}
      </ButtonLink>
      <ButtonLink size="sm" variant="ghost" to={viewPath("guides", { platform, integration: id })} aria-label={words.guideOf(name)}>
        {words.guide}
      </ButtonLink>
    </div>
  );
}

/** The last notice of each outcome; each leads to the deliveries of that outcome. */
function LastNotices({ integration }: { integration: Integration }) {
  const rows = [
    { outcome: "session_completed", label: words.lastMatched, notice: integration.last_matched },
    { outcome: "unmatched", label: words.lastUnmatched, notice: integration.last_unmatched },
    { outcome: "noted", label: words.lastNoted, notice: integration.last_noted },
  ];
  return (
    <ul className="mt-2 divide-y divide-line border-y border-line text-[13px]">
      {rows.map(({ outcome, label, notice }) => (
        <li key={outcome}>
          <Link
            to={viewPath("log", { integration: integration.id, outcome, range: "90d" })}
            className={cx("-mx-1 flex min-h-8 items-center justify-between gap-3 rounded-control px-1 py-1 hover:bg-raised", focusRing)}
          >
            <span className="text-muted">{label}</span>
            {notice == null ? (
              <span className="text-muted">{words.never}</span>
            ) : (
              <span className="flex min-w-0 items-baseline gap-2">
                <span className="hidden min-w-0 truncate text-xs text-muted sm:inline">{kindWord(notice.kind)}</span>
                <Time at={notice.received_at} />
              </span>
            )}
          </Link>
        </li>
      ))}
    </ul>
  );
}
