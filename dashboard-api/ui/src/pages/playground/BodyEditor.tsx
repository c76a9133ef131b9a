import { Sparkles, TextAlignStart } from "lucide-react";
import { useState } from "react";
import { Button, Callout, Field, Segmented, Textarea } from "@/components";
import { BodyForm } from "@/pages/playground/BodyForm";
import type { Operation } from "@/pages/playground/document";
import { tidied } from "@/pages/playground/lines";
import { Prose } from "@/pages/playground/Prose";
import { controlOf, exampleOf, isSecretName, resolve, type Schemas } from "@/pages/playground/schema";
import { playground as words } from "@/strings/playground";

interface Properties {
  body: NonNullable<Operation["body"]>;
  schemas: Schemas;
  text: string;
  errors: ReadonlyMap<string, string>;
  onText: (text: string) => void;
}

/** The body, by a form or as JSON: both write the same text. */
export function BodyEditor({ body, schemas, text, errors, onText }: Properties) {
  const canForm = controlOf(body.schema, schemas) === "object";
  const [chosen, setChosen] = useState<"form" | "json">(canForm ? "form" : "json");
  const parsed = parse(text);
  const { description } = resolve(body.schema, schemas);
  // A form hides what is typed into secrets; JSON would show it.
  const hasSecret = Object.keys(resolve(body.schema, schemas).properties ?? {}).some(isSecretName);
  const mode = canForm && hasSecret ? "form" : chosen;
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 text-xs font-semibold text-muted">{words.request.body}</legend>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {canForm && !hasSecret ? (
          <Segmented
            label={words.request.editor}
            options={[
              { value: "form", label: words.request.form },
              { value: "json", label: words.request.json },
            ]}
            value={mode}
            onValue={setChosen}
          />
        ) : null}
        <Button size="sm" icon={Sparkles} onClick={() => onText(JSON.stringify(exampleOf(body.schema, schemas), null, 2))}>
          {words.request.example}
        </Button>
        {mode === "json" && tidied(text) !== null ? (
          <Button size="sm" icon={TextAlignStart} onClick={() => onText(tidied(text) ?? text)}>
            {words.request.format}
          </Button>
        ) : null}
        {text === "" ? null : (
          <Button size="sm" variant="ghost" onClick={() => onText("")}>
            {words.request.clear}
          </Button>
        )}
      </div>
      <p className="mb-3 text-xs text-muted">
        <Prose text={[body.description ?? description, body.required ? undefined : words.request.bodyOptional].filter(Boolean).join(" ")} />
      </p>
      {mode === "json" ? (
        <JsonEditor text={text} problem={parsed.problem} onText={onText} />
      ) : parsed.members === null ? (
        <Callout tone="warn">{parsed.problem === null ? words.request.notObject : words.request.notJson(parsed.problem)}</Callout>
      ) : (
        <BodyForm
          schema={body.schema}
          schemas={schemas}
          value={parsed.members}
          errors={errors}
          onValue={(members) => onText(Object.keys(members).length === 0 ? "" : JSON.stringify(members, null, 2))}
        />
      )}
    </fieldset>
  );
}

function JsonEditor({ text, problem, onText }: { text: string; problem: string | null; onText: (text: string) => void }) {
  const lines = Math.min(24, Math.max(6, text.split("\n").length + 1));
  return (
    <Field label={words.request.jsonLabel} error={problem === null ? undefined : words.request.notJson(problem)}>
      {(control) => (
        <Textarea
          {...control}
          rows={lines}
          value={text}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          className="font-mono text-xs leading-5"
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}

interface Parsed {
  /** `null` when a form cannot show it. */
  members: Record<string, unknown> | null;
  problem: string | null;
}

function parse(text: string): Parsed {
  if (text.trim() === "") return { members: {}, problem: null };
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return { members: isObject ? (value as Record<string, unknown>) : null, problem: null };
  } catch (error) {
    return { members: null, problem: error instanceof Error ? error.message : String(error) };
  }
}
