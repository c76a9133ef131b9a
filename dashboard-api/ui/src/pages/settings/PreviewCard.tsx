import { FlaskConical, Play } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button, Callout, Card, EmptyState, ErrorState, NativeSelect, Segmented, Skeleton } from "@/components";
import { formatCount } from "@/lib/format";
import { type Choice, LIMITS, PERIODS, previewBody, previewName } from "@/pages/settings/preview";
import { PreviewResult } from "@/pages/settings/PreviewResult";
import { type PreviewBody, usePreview } from "@/pages/settings/queries";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

interface Asked {
  name: string;
  body: PreviewBody;
}

/** What the thresholds above, saved or not, would have said of stored sessions. */
export function PreviewCard({ survey, editor }: { survey: string; editor: Editor }) {
  const [choice, setChoice] = useState<Choice>({ period: "24h", scope: "survey", limit: 200 });
  const [asked, setAsked] = useState<Asked | null>(null);
  const preview = usePreview(asked?.body ?? null);
  const { draft, known } = editor;
  const name = previewName(draft, known, survey, choice);
  const run = () => setAsked({ name, body: previewBody(draft, known, survey, choice, Date.now()) });
  const isBlocked = editor.mistakes.size > 0;

  return (
    <Card title={words.preview.title} description={words.preview.description}>
      <div className="space-y-4">
        <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
          <Choices choice={choice} onChoice={setChoice} />
          <Button icon={Play} busy={preview.isFetching} disabled={isBlocked} onClick={run}>
            {asked === null ? words.preview.run : words.preview.again}
          </Button>
        </div>
        {isBlocked ? <p className="text-[13px] text-bad">{words.preview.invalid}</p> : null}
        <div aria-live="polite" className="sr-only">
          {preview.isFetching ? words.preview.running : null}
        </div>
        {asked === null ? (
          <EmptyState icon={FlaskConical} title={words.preview.idleTitle}>
            {words.preview.idle}
          </EmptyState>
        ) : (
          <Outcome preview={preview} isStale={!preview.isFetching && asked.name !== name} onRetry={() => void preview.refetch()} />
        )}
      </div>
    </Card>
  );
}

interface OutcomeProperties {
  preview: ReturnType<typeof usePreview>;
  isStale: boolean;
  onRetry: () => void;
}

function Outcome({ preview, isStale, onRetry }: OutcomeProperties) {
  if (preview.isError) return <ErrorState error={preview.error} onRetry={onRetry} />;
  if (preview.data === undefined) return <PreviewSkeleton />;
  return (
    <div className="space-y-4" aria-busy={preview.isFetching}>
      {preview.isFetching ? <p className="text-[13px] text-muted">{words.preview.running}</p> : null}
      {isStale ? <Callout tone="warn">{words.preview.stale}</Callout> : null}
      <PreviewResult answer={preview.data} />
    </div>
  );
}

function Choices({ choice, onChoice }: { choice: Choice; onChoice: (choice: Choice) => void }) {
  return (
    <>
      <Labelled text={words.preview.period}>
        <Segmented
          label={words.preview.period}
          options={PERIODS.map((value) => ({ value, label: words.preview.periods[value] }))}
          value={choice.period}
          onValue={(period) => onChoice({ ...choice, period })}
        />
      </Labelled>
      <Labelled text={words.preview.scope}>
        <Segmented
          label={words.preview.scope}
          options={[
            { value: "survey", label: words.preview.scopeSurvey },
            { value: "all", label: words.preview.scopeAll },
          ]}
          value={choice.scope}
          onValue={(scope) => onChoice({ ...choice, scope })}
        />
      </Labelled>
      <Labelled text={words.preview.limit}>
        <NativeSelect
          aria-label={words.preview.limit}
          className="w-36"
          options={LIMITS.map((limit) => ({ value: String(limit), label: words.preview.limitOf(formatCount(limit)) }))}
          value={String(choice.limit)}
          onValue={(value) => onChoice({ ...choice, limit: LIMITS.find((limit) => String(limit) === value) ?? LIMITS[0] })}
        />
      </Labelled>
    </>
  );
}

/** A caption over a control that has its name already. */
const Labelled = ({ text, children }: { text: string; children: ReactNode }) => (
  <div className="flex min-w-0 flex-col gap-1">
    <span aria-hidden className="text-xs text-muted">
      {text}
    </span>
    {children}
  </div>
);

const PreviewSkeleton = () => (
  <div className="space-y-4">
    <Skeleton className="h-20" />
    <div className="grid gap-4 lg:grid-cols-2">
      <Skeleton className="h-56" />
      <Skeleton className="h-56" />
    </div>
  </div>
);
