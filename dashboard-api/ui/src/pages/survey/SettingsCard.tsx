import { Settings } from "lucide-react";
import type { Schemas } from "@/api/client";
import { ButtonLink, Callout, Card, InlineCode, KeyValues, QueryView, SkeletonText, Time } from "@/components";
import { formatCount } from "@/lib/format";
import { useSurveySettings } from "@/pages/settings/queries";
import { survey } from "@/strings/survey";

type Answer = Schemas["SettingsAnswer"];

const text = survey.settings;

/** What new sessions of the survey are judged by. */
export function SettingsCard({ name }: { name: string }) {
  const query = useSurveySettings(name);
  return (
    <Card
      title={text.title}
      description={text.note}
      actions={
        <ButtonLink to={`/settings?survey=${encodeURIComponent(name)}`} size="sm" icon={Settings}>
          {text.open}
        </ButtonLink>
      }
    >
      <QueryView query={query} skeleton={<SkeletonText lines={5} />} compactError>
        {({ answer }) => (
          <div className="space-y-3">
            {answer.publication.state === "pending" ? <Callout tone="warn">{text.pending}</Callout> : null}
            <KeyValues items={itemsOf(answer)} />
          </div>
        )}
      </QueryView>
    </Card>
  );
}

function itemsOf({ in_force, settings, updated_at, updated_by, version }: Answer) {
  const own = Object.keys(settings.thresholds ?? {}).length;
  const score = in_force.thresholds?.["bot_score"];
  return [
    { label: text.ruleset, value: <InlineCode>{in_force.ruleset}</InlineCode> },
    { label: text.model, value: in_force.model === "none" ? text.noModel : <InlineCode>{in_force.model}</InlineCode> },
    ...(score === undefined ? [] : [{ label: text.score, value: score.toFixed(2) }]),
    { label: text.own, value: own === 0 ? text.ownNone : text.ownSome(formatCount(own)) },
    {
      label: text.changed,
      value:
        version === 0 || !updated_at ? (
          text.never
        ) : (
          <>
            <Time at={updated_at} /> {updated_by ? text.changedBy(updated_by) : null}
          </>
        ),
    },
  ];
}
