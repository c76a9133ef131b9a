import { type AppFacts, useAppFacts } from "@/api/app";
import { Badge, Card, CopyButton, InlineCode, KeyValues, QueryView, SkeletonText, TextLink } from "@/components";
import { settings as words } from "@/strings/settings";

/** Which server this is, and what this sign-in may do. */
export function AboutTab() {
  return (
    <Card
      title={words.about.title}
      className="max-w-3xl"
      actions={
        <>
          <TextLink to="/playground" className="text-[13px]">{words.about.playground}</TextLink>
          <TextLink href="/docs" className="text-[13px]">{words.about.docs}</TextLink>
        </>
      }
    >
      <QueryView query={useAppFacts()} skeleton={<SkeletonText lines={4} />}>
        {(about) => <Facts about={about} />}
      </QueryView>
    </Card>
  );
}

function Facts({ about }: { about: AppFacts }) {
  const { organisation, version, actor, gateway_url: gateway, scopes } = about;
  return (
    <KeyValues
      items={[
        { label: words.about.organisation, value: organisation },
        { label: words.about.version, value: version },
        { label: words.about.actor, value: <InlineCode>{actor}</InlineCode> },
        {
          label: words.about.gateway,
          value:
            gateway == null ? (
              words.about.gatewayUnknown
            ) : (
              <span className="inline-flex items-center gap-1">
                <InlineCode>{gateway}</InlineCode>
                <CopyButton text={gateway} label={words.about.gateway.toLowerCase()} />
              </span>
            ),
        },
        {
          label: words.about.scopes,
          value: (
            <span className="flex flex-wrap gap-1">
              {scopes.map((scope) => (
                <Badge key={scope} className="font-mono">
                  {scope}
                </Badge>
              ))}
            </span>
          ),
        },
      ]}
    />
  );
}
