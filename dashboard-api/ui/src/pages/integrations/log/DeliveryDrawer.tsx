import { sessionPath } from "@/app/pages";
import { Badge, ButtonLink, Callout, CopyButton, Drawer, EmptyState, KeyValues, QueryView, SkeletonText, Time } from "@/components";
import { explain, fieldText, outcomeTone } from "@/pages/integrations/log/explain";
import { type Delivery, type DeliveryName, type Integration, useDelivery } from "@/pages/integrations/queries";
import { nameOf } from "@/pages/integrations/status/name";
import { useParameters } from "@/pages/integrations/view";
import { delivery as words, kindWord, log, outcomeWord, platformName } from "@/strings/integrations";

function nameIn(parameters: URLSearchParams): DeliveryName | null {
  const [id, at] = [parameters.get("delivery"), parameters.get("at")];
  return id === null || at === null ? null : { id, at };
}

/** One delivery, named by the address so that it can be sent to a colleague. */
export function DeliveryDrawer({ integrations }: { integrations: readonly Integration[] }) {
  const [parameters, change] = useParameters();
  const name = nameIn(parameters);
  const query = useDelivery(name);
  const session = query.data?.session_id ?? null;
  return (
    <Drawer
      open={name !== null}
      onOpenChange={(open) => (open ? undefined : change({ delivery: null, at: null }))}
      title={words.title}
      footer={session === null ? undefined : <ButtonLink to={sessionPath(session)} variant="primary">{words.openSession}</ButtonLink>}
    >
      <QueryView query={query} skeleton={<SkeletonText lines={10} />} empty={(found) => (found === null ? <Missing /> : false)}>
        {(found) => (found === null ? null : <Details delivery={found} integrations={integrations} />)}
      </QueryView>
    </Drawer>
  );
}

const Missing = () => <EmptyState title={words.missingTitle}>{words.missingText}</EmptyState>;

function Details({ delivery, integrations }: { delivery: Delivery; integrations: readonly Integration[] }) {
  const integration = integrations.find(({ id }) => id === delivery.integration);
  const sentence = explain(delivery);
  return (
    <div className="space-y-5">
      {sentence === null ? null : <Callout tone={outcomeTone(delivery.outcome)}>{sentence}</Callout>}
      <KeyValues
        items={[
          { label: log.became, value: <Badge tone={outcomeTone(delivery.outcome)}>{outcomeWord(delivery.outcome)}</Badge> },
          { label: words.said, value: kindWord(delivery.kind) },
          { label: words.event, value: <Mono text={delivery.event} /> },
          { label: words.receivedAt, value: <Time at={delivery.received_at} mode="absolute" /> },
          { label: words.platform, value: platformName(delivery.platform) },
          { label: log.integration, value: <Named name={integration === undefined ? null : nameOf(integration)} id={delivery.integration} /> },
          { label: log.survey, value: <Mono text={delivery.survey_id} /> },
          { label: log.response, value: <Mono text={delivery.response_id} /> },
          { label: log.session, value: <Mono text={delivery.session_id} /> },
          { label: words.noticeId, value: <NoticeId id={delivery.notice_id} /> },
        ]}
      />
      <Fields delivery={delivery} />
    </div>
  );
}

const Mono = ({ text }: { text: string | null | undefined }) =>
  text == null ? <span className="text-muted">{log.none}</span> : <code className="font-mono text-xs">{text}</code>;

function Named({ name, id }: { name: string | null; id: string }) {
  return (
    <>
      {name === null ? null : <span className="mr-2">{name}</span>}
      <code className="font-mono text-xs text-muted">{id}</code>
    </>
  );
}

function NoticeId({ id }: { id: string }) {
  return (
    <>
      <span className="flex items-center gap-1">
        <Mono text={id} />
        <CopyButton text={id} label={words.noticeIdCopy} />
      </span>
      <span className="text-xs text-muted">{words.noticeHint}</span>
    </>
  );
}

function Fields({ delivery: { fields, dropped_fields } }: { delivery: Delivery }) {
  const rows = Object.entries(fields);
  return (
    <section className="space-y-2">
      <h3 className="font-semibold">{words.fields}</h3>
      {rows.length === 0 ? (
        <p className="text-muted">{words.noFields}</p>
      ) : (
        <KeyValues items={rows.map(([name, value]) => ({ label: <Mono text={name} />, value: <Mono text={fieldText(value)} /> }))} />
      )}
      {dropped_fields > 0 ? <p className="text-muted">{words.dropped(dropped_fields)}</p> : null}
    </section>
  );
}
