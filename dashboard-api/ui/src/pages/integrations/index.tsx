import { Rocket } from "lucide-react";
import { ButtonLink, PageHeader, QueryView, SkeletonText, Tabs } from "@/components";
import { TestConsole } from "@/pages/integrations/console/TestConsole";
import { Guides } from "@/pages/integrations/guides/Guides";
import { DeliveryLog } from "@/pages/integrations/log/DeliveryLog";
import { useStatus } from "@/pages/integrations/queries";
import { KeysCard } from "@/pages/integrations/status/KeysCard";
import { StatusCards } from "@/pages/integrations/status/StatusCards";
import { useParameters, viewOf } from "@/pages/integrations/view";
import { integrations as words } from "@/strings/integrations";

/** How survey platforms are connected: what stands, what came, a test, and guides. */
export default function Page() {
  const [parameters, change] = useParameters();
  const status = useStatus();
  const tabs = [
    {
      value: "status",
      label: words.status,
      content: (
        <>
          <StatusCards query={status} />
          <KeysCard query={status} />
        </>
      ),
    },
    { value: "log", label: words.log, content: <DeliveryLog status={status.data} /> },
    {
      value: "console",
      label: words.console,
      content: (
        <QueryView query={status} skeleton={<SkeletonText lines={8} />}>
          {(known) => <TestConsole status={known} />}
        </QueryView>
      ),
    },
    { value: "guides", label: words.guides, content: <Guides status={status.data} /> },
  ] as const;
  return (
    <>
      <PageHeader
        title={words.title}
        description={words.description}
        actions={
          <ButtonLink to="/quick-start" icon={Rocket}>
            {words.quickStart}
          </ButtonLink>
        }
      />
      <Tabs
        label={words.parts}
        tabs={tabs}
        value={viewOf(parameters)}
        onValue={(view) => change({ view, delivery: null, at: null })}
      />
    </>
  );
}
