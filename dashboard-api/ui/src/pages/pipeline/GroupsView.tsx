import { HeartPulse } from "lucide-react";
import { EmptyState, Skeleton } from "@/components";
import { pipeline as text } from "@/strings/pipeline";
import { GroupCard } from "./GroupCard";
import type { PipelineView } from "./queries";
import { Trends } from "./Trends";

/** Lines over the last minutes, then a card for each group. */
export function GroupsView({ data: { report, history } }: { data: PipelineView }) {
  if (report.groups.length === 0) {
    return (
      <EmptyState icon={HeartPulse} title={text.nothingTitle}>
        {text.nothingText}
      </EmptyState>
    );
  }
  return (
    <div className="space-y-4">
      <Trends report={report} history={history} />
      <p className="text-[13px] text-muted">{text.thresholds}</p>
      <div className="grid gap-4 min-[110rem]:grid-cols-2">
        {report.groups.map((group) => (
          <GroupCard key={group.role} group={group} report={report} history={history} />
        ))}
      </div>
    </div>
  );
}

export function GroupsSkeleton() {
  return (
    <div className="space-y-4">
      <div className="grid gap-4 xl:grid-cols-2">
        <Skeleton className="h-72 rounded-card" />
        <Skeleton className="h-72 rounded-card" />
      </div>
      <Skeleton className="h-64 rounded-card" />
      <Skeleton className="h-64 rounded-card" />
    </div>
  );
}
