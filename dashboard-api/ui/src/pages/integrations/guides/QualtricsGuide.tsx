import { CodeBlock } from "@/components";
import { CheckLinks, type GuideProperties, idOf, MakeIntegration, NotVerified, PageCode } from "@/pages/integrations/guides/parts";
import { Aside, Step, Steps } from "@/pages/integrations/guides/Step";
import { createPageKey, createScopedKey, qualtricsHeader, qualtricsSubscription } from "@/pages/integrations/setup/snippets";
import { qualtricsGuide as words } from "@/strings/integrationGuides";

export function QualtricsGuide(guide: GuideProperties) {
  const { filling, chosen } = guide;
  const verdict = `${location.origin}/api/v1/verdict?session_id=\${e://Field/ResponseEventContext}`;
  return (
    <div className="space-y-6">
      <Aside>{words.intro}</Aside>
      <Steps>
        <Step title={words.make.title} text={words.make.text}>
          <MakeIntegration {...guide} platform="qualtrics" code={words.make.code} />
        </Step>
        <Step title={words.key.title} text={words.key.text}>
          <CodeBlock label={words.key.code} language="sh" code={createPageKey(filling, words.key.origin, words.key.name)} />
        </Step>
        <Step title={words.field.title} text={words.field.text}>
          <Aside>{words.field.newLayout}</Aside>
        </Step>
        <Step title={words.header.title} text={words.header.text}>
          <PageCode label={words.header.code} language="html" code={qualtricsHeader(filling)} />
          <Aside>{words.header.respondent}</Aside>
        </Step>
        <Step title={words.subscribe.title} text={words.subscribe.text}>
          <CodeBlock label={words.subscribe.code} language="sh" code={qualtricsSubscription(filling, idOf(chosen))} />
        </Step>
        <Step title={words.check.title} text={words.check.text}>
          <CheckLinks chosen={chosen} />
        </Step>
        <Step title={words.verdict.title} text={words.verdict.text}>
          <CodeBlock label={words.verdict.code} language="sh" code={createScopedKey(filling, "verdicts:read", words.verdict.keyName)} />
          <CodeBlock label={words.verdict.address} code={verdict} />
        </Step>
      </Steps>
      <NotVerified>{words.unverified}</NotVerified>
    </div>
  );
}
