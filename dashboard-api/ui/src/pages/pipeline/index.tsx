/** How the pipeline is doing: consumer groups, and the dead letters they have set aside. */
import { useEffect } from "react";
import { useLocation, useSearchParams } from "react-router";
import { PageHeader, QueryView, Tabs, Time } from "@/components";
import { pipeline as text } from "@/strings/pipeline";
import { GroupsSkeleton, GroupsView } from "./GroupsView";
import { LettersPanel } from "./letters/LettersPanel";
import { type PipelineView, usePipeline } from "./queries";
import { Summary, SummarySkeleton } from "./Summary";
import { Warnings } from "./Warnings";

export default function PipelinePage() {
  const query = usePipeline();
  const [parameters, setParameters] = useSearchParams();
  const view = parameters.get("view") === "letters" ? "letters" : "groups";
  useScrollToGroup(query.data !== undefined);
  const choose = (chosen: "groups" | "letters") => setParameters(chosen === "letters" ? { view: "letters" } : {});
  const groups = (
    <QueryView query={query} skeleton={<GroupsSkeleton />}>
      {(data) => <GroupsView data={data} />}
    </QueryView>
  );
  return (
    <>
      <PageHeader title={text.title} description={text.description} actions={<LookedAt data={query.data} />} />
      <div className="space-y-4">
        {query.data === undefined ? null : <Warnings report={query.data.report} />}
        {query.data !== undefined ? <Summary report={query.data.report} /> : query.isError ? null : <SummarySkeleton />}
        <Tabs
          label={text.views}
          value={view}
          onValue={choose}
          tabs={[
            { value: "groups", label: text.viewGroups, content: groups },
            { value: "letters", label: text.viewLetters, content: <LettersPanel report={query.data?.report} /> },
          ]}
        />
      </div>
    </>
  );
}

function LookedAt({ data }: { data: PipelineView | undefined }) {
  if (data === undefined) return null;
  const at = data.report.looked_at ?? null;
  return (
    <p className="text-[13px] text-muted">
      {at === null ? text.neverLooked : `${text.looked} `}
      {at === null ? null : <Time at={at} />}
    </p>
  );
}

/** Numbers above lead to their group: `#detector`. The router changes the address, the browser does not scroll. */
function useScrollToGroup(isReady: boolean) {
  const { hash, key } = useLocation();
  useEffect(() => {
    if (!isReady || hash === "") return;
    const group = document.getElementById(decodeURIComponent(hash.slice(1)));
    group?.scrollIntoView({ block: "start" });
    group?.focus({ preventScroll: true });
  }, [hash, key, isReady]);
}
