import { Field, type FieldControlProps, Input, NativeSelect, Textarea } from "@/components";
import type { Operation, Parameter, Place } from "@/pages/playground/document";
import { MemberHint, MemberLabel } from "@/pages/playground/MemberLabel";
import { type Filled, keyOf } from "@/pages/playground/request";
import { controlOf, isSecretName, resolve, type Schemas } from "@/pages/playground/schema";
import { playground as words } from "@/strings/playground";

interface Properties {
  operation: Operation;
  schemas: Schemas;
  filled: Filled;
  /** Sentences of the server by pointer (`?name`). */
  errors: ReadonlyMap<string, string>;
  /** Names of what must be given, once sending was tried. */
  missing: ReadonlySet<string>;
  onValue: (key: string, value: string) => void;
}

const PLACES: readonly Place[] = ["path", "query", "header"];

/** The parameters of an operation, by the place they go to. */
export function ParameterForm(properties: Properties) {
  const { operation } = properties;
  return PLACES.map((place) => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place);
    if (parameters.length === 0) return null;
    return (
      <fieldset key={place} className="min-w-0">
        <legend className="mb-2 text-xs font-semibold text-muted">{words.request[place]}</legend>
        <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-2">
          {parameters.map((parameter) => (
            <ParameterField key={keyOf(parameter)} parameter={parameter} {...properties} />
          ))}
        </div>
      </fieldset>
    );
  });
}

function ParameterField({ parameter, schemas, filled, errors, missing, onValue }: Properties & { parameter: Parameter }) {
  const { name, schema, required, description } = parameter;
  const key = keyOf(parameter);
  const pointer = parameter.in === "query" ? `?${name}` : `{${name}}`;
  const error = errors.get(pointer) ?? (missing.has(key) ? words.request.missing : undefined);
  return (
    <Field
      label={<MemberLabel name={name} schema={schema} schemas={schemas} required={required} />}
      hint={<MemberHint name={name} schema={schema} schemas={schemas} description={description} />}
      error={error}
    >
      {(control) => <Box parameter={parameter} schemas={schemas} control={control} value={filled.values[key] ?? ""} onValue={(value) => onValue(key, value)} />}
    </Field>
  );
}

interface BoxProperties {
  parameter: Parameter;
  schemas: Schemas;
  control: FieldControlProps;
  value: string;
  onValue: (value: string) => void;
}

function Box({ parameter: { name, schema, required }, schemas, control, value, onValue }: BoxProperties) {
  const found = resolve(schema, schemas);
  const kind = controlOf(schema, schemas);
  if (kind === "boolean" || kind === "choice") {
    const choices = kind === "boolean" ? ["true", "false"] : (found.enum ?? []).map(String);
    return (
      <NativeSelect
        {...control}
        required={required}
        options={[{ value: "", label: words.request.unset }, ...choices.map((choice) => ({ value: choice, label: choice }))]}
        value={value}
        onValue={onValue}
      />
    );
  }
  if (kind === "several") {
    return <Textarea {...control} rows={2} value={value} spellCheck={false} onChange={(event) => onValue(event.target.value)} />;
  }
  return (
    <Input
      {...control}
      type={isSecretName(name) ? "password" : "text"}
      inputMode={kind === "number" ? "decimal" : undefined}
      autoComplete="off"
      spellCheck={false}
      aria-required={required || undefined}
      value={value}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
