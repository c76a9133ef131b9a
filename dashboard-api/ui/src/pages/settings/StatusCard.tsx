import { surveyPath } from "@/app/pages";
import { Callout, Card, Dot, InlineCode, KeyValues, TextLink, Time } from "@/components";
import { formatCount } from "@/lib/format";
import { effectiveNumbers } from "@/pages/settings/draft";
import type { SettingsAnswer } from "@/pages/settings/queries";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

/** What new sessions of the survey are judged by now, who settled it, and whether the gateways know. */
export function StatusCard({ survey, editor }: { survey: string; editor: Editor }) {
  const { answer } = editor.loaded;
  const { publication, in_force: inForce } = answer;
  return (
    <Card title={words.status.title} description={answer.version === 0 ? words.status.noneYet : words.status.history}>
      <div className="space-y-3">
        <KeyValues
          items={[
            { label: words.status.ruleset, value: <InlineCode>{inForce.ruleset}</InlineCode> },
            { label: words.status.model, value: <InlineCode>{inForce.model}</InlineCode> },
            { label: words.status.version, value: formatCount(answer.version) },
            ...(answer.updated_at == null
              ? []
              : [{ label: words.status.changed, value: <Changed at={answer.updated_at} by={answer.updated_by ?? null} /> }]),
            { label: words.status.publication, value: <Told publication={publication} /> },
          ]}
        />
        {publication.state === "pending" ? (
          <Callout tone="info">
            {words.status.pendingHint}
            {publication.failed_attempts > 0 ? ` ${words.status.failed(formatCount(publication.failed_attempts))}` : null}
          </Callout>
        ) : null}
        {isOverruled(editor) ? (
          <Callout tone="warn" title={words.status.differs}>
            {words.status.differsHint}
          </Callout>
        ) : null}
        <p className="flex flex-wrap gap-x-4 gap-y-1 text-[13px]">
          <TextLink to={surveyPath(survey)}>{words.status.survey}</TextLink>
          <TextLink to={`/sessions?${new URLSearchParams({ survey }).toString()}`}>{words.status.sessions}</TextLink>
        </p>
      </div>
    </Card>
  );
}

function Changed({ at, by }: { at: string; by: string | null }) {
  return (
    <>
      <Time at={at} /> {by === null ? null : <span className="text-muted">{words.status.by(by)}</span>}
    </>
  );
}

const TELLING = {
  none: { tone: "neutral", label: words.status.nothing },
  pending: { tone: "warn", label: words.status.pending },
  published: { tone: "good", label: words.status.published },
} as const;

function Told({ publication }: { publication: SettingsAnswer["publication"] }) {
  const { tone, label } = TELLING[publication.state];
  return (
    <span role="status">
      <Dot tone={tone} label={label} />
    </span>
  );
}

/** The gateways were told, and yet other thresholds are in force: an operator has settled something by command. */
function isOverruled({ loaded, saved, known }: Editor): boolean {
  const { publication, in_force: inForce } = loaded.answer;
  if (publication.state !== "published" || inForce.thresholds == null) return false;
  const settled = effectiveNumbers(saved, known);
  const differ = Object.entries(inForce.thresholds).some(([name, value]) => name in settled && settled[name] !== value);
  return differ || (saved.model !== null && saved.model !== inForce.model);
}
