import { useState } from "react";
import { Card, Field, Input, NativeSelect, type SelectOption, TextLink } from "@/components";
import type { Rulesets } from "@/pages/settings/queries";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

/** Select values that are no version: versions have no spaces. */
const ORGANISATION = " organisation";
const OTHER = " other";
const [NO_MODEL, BUILTIN_MODEL] = ["none", "trees-1"];

export function RulesetCard({ editor, disabled }: { editor: Editor; disabled: boolean }) {
  const { draft, known, mistakes } = editor;
  const compare = `?${new URLSearchParams({ survey: editor.loaded.answer.survey_id, tab: "rulesets" }).toString()}`;
  return (
    <Card title={words.judge.title} description={words.judge.description} actions={<TextLink to={compare} className="text-[13px]">{words.judge.compare}</TextLink>}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={words.judge.base} hint={words.judge.baseHint} error={mistakes.get("base")}>
          {(control) => (
            <NativeSelect
              {...control}
              disabled={disabled}
              options={rulesetOptions(known, draft.base)}
              value={draft.base ?? ORGANISATION}
              onValue={(value) => editor.change({ base: value === ORGANISATION ? null : value })}
            />
          )}
        </Field>
        <ModelChoice model={draft.model} mistake={mistakes.get("model")} disabled={disabled} onModel={(model) => editor.change({ model })} />
      </div>
    </Card>
  );
}

function rulesetOptions({ rulesets }: Rulesets, chosen: string | null): SelectOption[] {
  const settled = rulesets.find((ruleset) => ruleset.is_default);
  const organisation = settled === undefined ? words.judge.baseOrganisationUnknown : words.judge.baseOrganisation(settled.version);
  const options: SelectOption[] = rulesets.map(({ version, thresholds }) =>
    thresholds == null ? { value: version, label: words.judge.baseUnusable(version), disabled: true } : { value: version, label: version },
  );
  const isListed = chosen === null || rulesets.some(({ version }) => version === chosen);
  return [
    { value: ORGANISATION, label: organisation },
    ...options,
    ...(isListed ? [] : [{ value: chosen, label: words.judge.baseMissing(chosen) }]),
  ];
}

interface ModelProperties {
  model: string | null;
  mistake: string | undefined;
  disabled: boolean;
  onModel: (model: string | null) => void;
}

/** The API lists no models: those that every server has, or any other by its version. */
function ModelChoice({ model, mistake, disabled, onModel }: ModelProperties) {
  const isNamed = model !== null && model !== NO_MODEL && model !== BUILTIN_MODEL;
  const [wantsOther, setWantsOther] = useState(false);
  const other = isNamed || (wantsOther && model === null);
  const choose = (value: string) => {
    setWantsOther(value === OTHER);
    if (value === OTHER || value === ORGANISATION) onModel(null);
    else onModel(value);
  };
  const options = [
    { value: ORGANISATION, label: words.judge.modelOrganisation },
    { value: "none", label: words.judge.modelNone },
    { value: "trees-1", label: words.judge.modelBuiltin },
    { value: OTHER, label: words.judge.modelOther },
  ];
  return (
    <div className="space-y-3">
      <Field label={words.judge.model} hint={words.judge.modelHint} error={other ? undefined : mistake}>
        {(control) => (
          <NativeSelect {...control} disabled={disabled} options={options} value={other ? OTHER : (model ?? ORGANISATION)} onValue={choose} />
        )}
      </Field>
      {other ? (
        <Field label={words.judge.modelName} hint={words.judge.modelNameHint} error={mistake}>
          {(control) => (
            <Input
              {...control}
              disabled={disabled}
              value={model ?? ""}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => {
                setWantsOther(true);
                onModel(event.target.value.trim() === "" ? null : event.target.value.trim());
              }}
            />
          )}
        </Field>
      ) : null}
    </div>
  );
}
