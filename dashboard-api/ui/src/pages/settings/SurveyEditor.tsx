import { useAppFacts } from "@/api/app";
import { Callout, ErrorState, QueryView, Skeleton } from "@/components";
import { ConflictBanner } from "@/pages/settings/ConflictBanner";
import { LeaveGuard } from "@/pages/settings/LeaveGuard";
import { PreviewCard } from "@/pages/settings/PreviewCard";
import { type Loaded, type Rulesets, useRulesets, useSurveySettings } from "@/pages/settings/queries";
import { RetentionCard } from "@/pages/settings/RetentionCard";
import { RulesetCard } from "@/pages/settings/RulesetCard";
import { SaveBar } from "@/pages/settings/SaveBar";
import { StatusCard } from "@/pages/settings/StatusCard";
import { ThresholdsCard } from "@/pages/settings/ThresholdsCard";
import { useSettingsEditor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

/** The settings of one survey. */
export function SurveyEditor({ survey }: { survey: string }) {
  const settings = useSurveySettings(survey);
  const rulesets = useRulesets();
  // Both are needed to say anything; the first that fails is told.
  if (settings.data === undefined && rulesets.isError && rulesets.data === undefined) {
    return <ErrorState error={rulesets.error} onRetry={() => void rulesets.refetch()} />;
  }
  return (
    <QueryView query={settings} skeleton={<EditorSkeleton />}>
      {(loaded) => (
        <QueryView query={rulesets} skeleton={<EditorSkeleton />}>
          {(known) => <Form survey={survey} loaded={loaded} known={known} />}
        </QueryView>
      )}
    </QueryView>
  );
}

function Form({ survey, loaded, known }: { survey: string; loaded: Loaded; known: Rulesets }) {
  const editor = useSettingsEditor(survey, loaded, known);
  const scopes = useAppFacts().data?.scopes;
  const isReadOnly = scopes !== undefined && !scopes.includes("settings:write");
  return (
    <div className="space-y-4">
      <LeaveGuard changes={editor.changes.length} />
      {isReadOnly ? <Callout tone="info">{words.save.readOnly}</Callout> : null}
      {editor.conflict === null ? null : <ConflictBanner editor={editor} began={editor.conflict} />}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_25rem]">
        <div className="min-w-0 space-y-4">
          <RulesetCard editor={editor} disabled={isReadOnly} />
          <ThresholdsCard editor={editor} disabled={isReadOnly} />
        </div>
        <div className="min-w-0 space-y-4">
          <StatusCard survey={survey} editor={editor} />
          <RetentionCard editor={editor} disabled={isReadOnly} />
        </div>
      </div>
      <PreviewCard survey={survey} editor={editor} />
      {isReadOnly ? null : <SaveBar editor={editor} />}
    </div>
  );
}

const EditorSkeleton = () => (
  <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_25rem]">
    <div className="space-y-4">
      <Skeleton className="h-36" />
      <Skeleton className="h-[32rem]" />
    </div>
    <div className="space-y-4">
      <Skeleton className="h-52" />
      <Skeleton className="h-36" />
    </div>
  </div>
);
