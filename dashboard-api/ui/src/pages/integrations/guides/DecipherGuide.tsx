import { CodeBlock } from "@/components";
import { CheckLinks, type GuideProperties, MakeIntegration, NotVerified, PageCode } from "@/pages/integrations/guides/parts";
import { Aside, Step, Steps } from "@/pages/integrations/guides/Step";
import { createPageKey, createScopedKey, decipherEnd, decipherStyle, decipherVerdict } from "@/pages/integrations/setup/snippets";
import { decipherGuide as words } from "@/strings/integrationGuides";

export function DecipherGuide(guide: GuideProperties) {
  const { filling, chosen } = guide;
  return (
    <div className="space-y-6">
      <Aside>{words.intro}</Aside>
      <Steps>
        <Step title={words.make.title} text={words.make.text}>
          <MakeIntegration {...guide} platform="decipher" code={words.make.code} />
          <CodeBlock label={words.make.keyCode} language="sh" code={createScopedKey(filling, "webhooks:write", words.make.keyName)} />
        </Step>
        <Step title={words.key.title} text={words.key.text}>
          <CodeBlock label={words.key.code} language="sh" code={createPageKey(filling, words.key.origin, words.key.name)} />
        </Step>
        <Step title={words.page.title} text={words.page.text}>
          <PageCode label={words.page.code} language="xml" code={decipherStyle(filling)} />
        </Step>
        <Step title={words.end.title} text={words.end.text}>
          <CodeBlock label={words.end.code} language="xml" code={decipherEnd(filling)} />
        </Step>
        <Step title={words.check.title} text={words.check.text}>
          <CheckLinks chosen={chosen} />
        </Step>
        <Step title={words.verdict.title} text={words.verdict.text}>
          <CodeBlock label={words.verdict.keyCode} language="sh" code={createScopedKey(filling, "verdicts:read", words.verdict.keyName)} />
          <CodeBlock label={words.verdict.code} language="xml" code={decipherVerdict(location.origin)} />
        </Step>
      </Steps>
      <NotVerified>{words.unverified}</NotVerified>
    </div>
  );
}
