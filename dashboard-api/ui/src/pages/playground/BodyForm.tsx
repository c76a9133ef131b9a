import { Field, type FieldControlProps, Input, NativeSelect } from "@/components";
import type { Schema } from "@/pages/playground/document";
import { MemberHint, MemberLabel } from "@/pages/playground/MemberLabel";
import { type Control, controlOf, isSecretName, resolve, type Schemas } from "@/pages/playground/schema";
import { TypedBox } from "@/pages/playground/TypedBox";
import { playground as words } from "@/strings/playground";

type Members = Record<string, unknown>;

interface Properties {
  schema: Schema;
  schemas: Schemas;
  value: Members;
  onValue: (value: Members) => void;
  /** JSON pointer of the object. */
  pointer?: string;
  errors: ReadonlyMap<string, string>;
  depth?: number;
}

/** Objects within objects are drawn this deep; below, they are written as JSON. */
const DEEPEST = 2;

/** The members of an object as a form. A member that is emptied is left out. */
export function BodyForm({ schema, schemas, value, onValue, pointer = "", errors, depth = 0 }: Properties) {
  const found = resolve(schema, schemas);
  const set = (name: string, next: unknown) => {
    const others = Object.entries(value).filter(([other]) => other !== name);
    onValue(Object.fromEntries(next === undefined ? others : [...others, [name, next]]));
  };
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-2">
      {Object.entries(found.properties ?? {}).map(([name, member]) => (
        <Member
          key={name}
          name={name}
          schema={member}
          schemas={schemas}
          required={found.required?.includes(name) === true}
          value={value[name]}
          pointer={`${pointer}/${name}`}
          errors={errors}
          depth={depth}
          onValue={(next) => set(name, next)}
        />
      ))}
    </div>
  );
}

interface MemberProperties {
  name: string;
  schema: Schema;
  schemas: Schemas;
  required: boolean;
  value: unknown;
  pointer: string;
  errors: ReadonlyMap<string, string>;
  depth: number;
  onValue: (value: unknown) => void;
}

const asMembers = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};

function Member(properties: MemberProperties) {
  const { name, schema, schemas, required, value, pointer, errors, depth, onValue } = properties;
  const kind = controlOf(schema, schemas);
  const label = <MemberLabel name={name} schema={schema} schemas={schemas} required={required} />;
  const hint = <MemberHint name={name} schema={schema} schemas={schemas} description={schema.description} />;
  if (kind === "object" && depth < DEEPEST) {
    const keep = (members: Members) => onValue(Object.keys(members).length === 0 && !required ? undefined : members);
    return (
      <fieldset className="min-w-0 rounded-control border border-line p-3 sm:col-span-full">
        <legend className="flex items-baseline gap-1.5 px-1">{label}</legend>
        <p className="mb-2 text-xs text-muted">{hint}</p>
        <BodyForm schema={schema} schemas={schemas} value={asMembers(value)} onValue={keep} pointer={pointer} errors={errors} depth={depth + 1} />
      </fieldset>
    );
  }
  const isWide = kind === "json" || kind === "object" || kind === "several";
  return (
    <div className={isWide ? "sm:col-span-full" : "min-w-0"}>
      <Field label={label} hint={hint} error={errorAt(errors, pointer)}>
        {(control) => <Box kind={kind} name={name} schema={resolve(schema, schemas)} value={value} onValue={onValue} control={control} />}
      </Field>
    </div>
  );
}

/** What is wrong with a member, or with something within it. */
function errorAt(errors: ReadonlyMap<string, string>, pointer: string): string | undefined {
  const within = [...errors].filter(([at]) => at.startsWith(`${pointer}/`)).map(([at, text]) => `${at}: ${text}`);
  const found = [errors.get(pointer), ...within].filter((text) => text !== undefined);
  return found.length === 0 ? undefined : found.join(" ");
}

interface BoxProperties {
  kind: Control;
  name: string;
  schema: Schema;
  value: unknown;
  onValue: (value: unknown) => void;
  control: FieldControlProps;
}

function Box({ kind, name, schema, value, onValue, control }: BoxProperties) {
  if (kind === "boolean" || kind === "choice") {
    const choices: unknown[] = kind === "boolean" ? [true, false] : (schema.enum ?? []);
    return (
      <NativeSelect
        {...control}
        options={[{ value: "", label: words.request.unset }, ...choices.map((choice) => ({ value: String(choice), label: String(choice) }))]}
        value={value === undefined || value === null ? "" : plain(value)}
        onValue={(chosen) => onValue(choices.find((choice) => String(choice) === chosen))}
      />
    );
  }
  if (kind === "text") {
    return (
      <Input
        {...control}
        type={isSecretName(name) ? "password" : "text"}
        autoComplete="off"
        spellCheck={false}
        value={typeof value === "string" ? value : value == null ? "" : plain(value)}
        onChange={(event) => onValue(event.target.value === "" ? undefined : event.target.value)}
      />
    );
  }
  if (kind === "number") {
    return <TypedBox {...control} inputMode="decimal" value={value ?? undefined} print={plain} read={readNumber} onValue={onValue} />;
  }
  if (kind === "several") {
    return <TypedBox {...control} rows={3} value={value ?? undefined} print={printLines} read={readLines} onValue={onValue} />;
  }
  return <TypedBox {...control} rows={4} className="font-mono text-xs" value={value} print={(json) => JSON.stringify(json, null, 2)} read={readJson} onValue={onValue} />;
}

const plain = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function readNumber(text: string): { value: unknown } | null {
  if (text.trim() === "") return { value: undefined };
  const number = Number(text);
  return Number.isFinite(number) ? { value: number } : null;
}

const printLines = (value: unknown): string => (Array.isArray(value) ? value.map(plain).join("\n") : plain(value));

function readLines(text: string): { value: unknown } {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return { value: lines.length === 0 ? undefined : lines };
}

function readJson(text: string): { value: unknown } | null {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
