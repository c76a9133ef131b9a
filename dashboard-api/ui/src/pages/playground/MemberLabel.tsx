import { isSecretName, resolve, type Schemas, typeWords } from "@/pages/playground/schema";
import type { Schema } from "@/pages/playground/document";
import { Prose } from "@/pages/playground/Prose";
import { playground as words } from "@/strings/playground";

interface Properties {
  name: string;
  schema: Schema;
  schemas: Schemas;
  required: boolean;
}

/** A member's name with its type. */
export function MemberLabel({ name, schema, schemas, required }: Properties) {
  return (
    <>
      <code className="font-mono text-xs font-semibold wrap-anywhere">{name}</code>{" "}
      <span className="text-xs font-normal text-muted">{typeWords(schema, schemas)}</span>
      {required ? <span className="text-xs font-normal text-warn">{words.request.required}</span> : null}
    </>
  );
}

/** What the document says of a member: its sentence, and its bounds. */
export function MemberHint({ name, schema, schemas, description }: Omit<Properties, "required"> & { description: string | undefined }) {
  const found = resolve(schema, schemas);
  const text = description ?? found.description;
  const bounds = boundsOf(found.minimum, found.maximum);
  return (
    <>
      {text === undefined ? null : <Prose text={text} />}
      {bounds === null ? null : <span className="tabular-nums"> ({bounds})</span>}
      {found.default === undefined ? null : <> ({words.request.default(JSON.stringify(found.default))})</>}
      {isSecretName(name) ? <span className="block">{words.request.secretHint}</span> : null}
      {found.type === "array" ? <span className="block">{words.request.severalHint}</span> : null}
    </>
  );
}

function boundsOf(least: number | undefined, most: number | undefined): string | null {
  if (least !== undefined && most !== undefined) return words.request.bounds(String(least), String(most));
  if (least !== undefined && least !== 0) return words.request.atLeast(String(least));
  return most === undefined ? null : words.request.atMost(String(most));
}
