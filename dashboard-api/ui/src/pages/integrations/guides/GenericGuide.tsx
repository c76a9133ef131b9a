import { CodeBlock } from "@/components";
import { CheckLinks, type GuideProperties, idOf, MakeIntegration, PageCode } from "@/pages/integrations/guides/parts";
import { Aside, Step, Steps } from "@/pages/integrations/guides/Step";
import { createPageKey, genericWebhook, webPage } from "@/pages/integrations/setup/snippets";
import { genericGuide as words } from "@/strings/integrationGuides";

export function GenericGuide(guide: GuideProperties) {
  const { filling, chosen } = guide;
  return (
    <div className="space-y-6">
      <Aside>{words.intro}</Aside>
      <Steps>
        <Step title={words.make.title} text={words.make.text}>
          <MakeIntegration {...guide} platform="generic" code={words.make.code} />
        </Step>
        <Step title={words.key.title} text={words.key.text}>
          <CodeBlock label={words.key.code} language="sh" code={createPageKey(filling, words.key.origin, words.key.name)} />
        </Step>
        <Step title={words.page.title} text={words.page.text}>
          <PageCode label={words.page.code} language="html" code={webPage(filling)} />
        </Step>
        <Step title={words.send.title} text={words.send.text}>
          <CodeBlock label={words.send.code} language="sh" code={genericWebhook(filling, idOf(chosen))} />
        </Step>
        <Step title={words.check.title} text={words.check.text}>
          <CheckLinks chosen={chosen} />
        </Step>
      </Steps>
    </div>
  );
}
