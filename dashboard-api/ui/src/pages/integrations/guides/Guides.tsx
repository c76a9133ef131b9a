import { Card, Segmented, SkeletonText } from "@/components";
import { DecipherGuide } from "@/pages/integrations/guides/DecipherGuide";
import { Facts } from "@/pages/integrations/guides/Facts";
import { GenericGuide } from "@/pages/integrations/guides/GenericGuide";
import { QualtricsGuide } from "@/pages/integrations/guides/QualtricsGuide";
import type { Integration, Status } from "@/pages/integrations/queries";
import { isPlatform, PLATFORMS, type Platform } from "@/pages/integrations/setup/snippets";
import { useSetup } from "@/pages/integrations/setup/useSetup";
import { useParameters } from "@/pages/integrations/view";
import { guides as words } from "@/strings/integrationGuides";
import { platformName } from "@/strings/integrations";

const GUIDES = { qualtrics: QualtricsGuide, decipher: DecipherGuide, generic: GenericGuide };
const OPTIONS = PLATFORMS.map((value) => ({ value, label: platformName(value) }));

/** How a platform is connected. Works without the status, too: then nothing of it is chosen beforehand. */
export function Guides({ status }: { status: Status | undefined }) {
  const [parameters, change] = useParameters();
  const setup = useSetup();
  const active = (status?.integrations ?? []).filter(({ is_active }) => is_active);
  const named = active.find(({ id }) => id === parameters.get("integration"));
  const platform = platformOf(parameters.get("platform"), named);
  const ofPlatform = active.filter((integration) => integration.platform === platform);
  const wantsNew = parameters.get("integration") === "new";
  const chosen = wantsNew ? null : (ofPlatform.find(({ id }) => id === named?.id) ?? ofPlatform[0] ?? null);
  const Guide = GUIDES[platform];
  return (
    <div className="space-y-4">
      <Facts setup={setup} known={status?.publishable_keys} />
      <Card
        title={words.steps(platformName(platform))}
        actions={
          <Segmented
            label={words.platform}
            options={OPTIONS}
            value={platform}
            onValue={(next) => change({ platform: next, integration: null })}
          />
        }
      >
        {setup.isLoading ? (
          <SkeletonText lines={12} />
        ) : (
          <Guide filling={setup} integrations={ofPlatform} chosen={chosen} onChoose={(id) => change({ platform, integration: id ?? "new" })} />
        )}
      </Card>
    </div>
  );
}

function platformOf(asked: string | null, named: Integration | undefined): Platform {
  if (isPlatform(asked)) return asked;
  const platform = named?.platform ?? null;
  return isPlatform(platform) ? platform : "qualtrics";
}
