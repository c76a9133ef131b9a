/** Schemas in words and as examples. References are followed as they are met, so that a schema may hold itself. */
import type { Schema } from "@/pages/playground/document";
import { playground } from "@/strings/playground";

const { types } = playground;

export type Schemas = Record<string, Schema>;

const PREFIX = "#/components/schemas/";
/** Deeper than this an example or an outline goes on with nothing. */
const DEEPEST = 6;

/** What a schema is, with references followed and "or null" set aside. Members beside a reference (a description) win. */
export interface Resolved extends Schema {
  nullable: boolean;
  /** Its name in the document. */
  name?: string;
}

const without = (schema: Schema, names: readonly (keyof Schema)[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.some((one) => one === name)));

export function resolve(schema: Schema, schemas: Schemas, depth = 0): Resolved {
  if (depth > DEEPEST * 2) return { nullable: false };
  if (schema.$ref !== undefined) {
    const { $ref, ...beside } = schema;
    const name = $ref.startsWith(PREFIX) ? $ref.slice(PREFIX.length) : $ref;
    return { ...resolve(schemas[name] ?? {}, schemas, depth + 1), name, ...beside };
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) {
    const others = choices.filter((choice) => choice.type !== "null");
    const isNullable = others.length < choices.length;
    const [only] = others;
    if (only !== undefined && others.length === 1) {
      return { ...resolve(only, schemas, depth + 1), ...without(schema, ["oneOf", "anyOf"]), nullable: isNullable };
    }
    return { ...schema, nullable: isNullable };
  }
  if (schema.allOf !== undefined) {
    const parts = schema.allOf.map((part) => resolve(part, schemas, depth + 1));
    return Object.assign({ nullable: false }, ...parts, without(schema, ["allOf"]), {
      properties: Object.assign({}, ...parts.map((part) => part.properties ?? {}), schema.properties ?? {}) as Record<string, Schema>,
      required: parts.flatMap((part) => part.required ?? []).concat(schema.required ?? []),
    }) as Resolved;
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    const [only] = types;
    return { ...schema, type: types.length === 1 && only !== undefined ? only : types, nullable: types.length < schema.type.length };
  }
  return { ...schema, nullable: schema.type === "null" };
}

/** "text", "whole number", "list of objects": what people call a type. */
export function typeWords(schema: Schema, schemas: Schemas, depth = 0): string {
  const found = resolve(schema, schemas);
  const within = (inner: Schema) => typeWords(inner, schemas, depth + 1);
  if (found.enum !== undefined) return types.oneOf;
  if (found.type === "array") return depth > DEEPEST ? types.list : types.listOf(within(found.items ?? {}));
  if (found.type === "object" || found.properties !== undefined) {
    if (found.properties !== undefined || !isObjectSchema(found.additionalProperties)) return types.object;
    return depth > DEEPEST ? types.map : types.mapOf(within(found.additionalProperties));
  }
  if (found.type === "integer") return types.integer;
  if (found.type === "number") return types.number;
  if (found.type === "boolean") return types.boolean;
  if (found.type === "string") return types.formats[found.format ?? ""] ?? types.text;
  return (found.oneOf ?? found.anyOf) === undefined ? types.anything : types.several;
}

const isObjectSchema = (value: boolean | Schema | undefined): value is Schema => typeof value === "object";

const SAMPLES: Record<string, () => unknown> = {
  "date-time": () => `${new Date().toISOString().slice(0, 13)}:00:00Z`,
  date: () => new Date().toISOString().slice(0, 10),
  uuid: () => "00000000-0000-7000-8000-000000000000",
};

/** A value that fits a schema: its own example, its first choice, or the plainest thing of its type. */
export function exampleOf(schema: Schema, schemas: Schemas, depth = 0): unknown {
  const found = resolve(schema, schemas);
  const given = found.example ?? found.examples?.[0] ?? found.default ?? found.const ?? found.enum?.[0];
  if (given !== undefined) return given;
  if (depth > DEEPEST) return null;
  if (found.type === "array") return [exampleOf(found.items ?? {}, schemas, depth + 1)];
  if (found.type === "object" || found.properties !== undefined) {
    const members = Object.entries(found.properties ?? {});
    // A request with everything in it is rarely a right one: what is needed, or else what there is.
    const needed = members.filter(([name]) => found.required?.includes(name) === true);
    const shown = needed.length > 0 ? needed : members.filter(([, member]) => !resolve(member, schemas).nullable);
    return Object.fromEntries(shown.map(([name, member]) => [name, exampleOf(member, schemas, depth + 1)]).filter(([, value]) => value !== null));
  }
  if (found.type === "integer" || found.type === "number") return found.minimum ?? 0;
  if (found.type === "boolean") return false;
  if (found.type === "string") return SAMPLES[found.format ?? ""]?.() ?? "";
  return found.type === undefined && found.oneOf?.[0] !== undefined ? exampleOf(found.oneOf[0], schemas, depth + 1) : {};
}

/** Names whose values are nobody else's business: kept out of addresses, of what is remembered, and of what is copied. */
export const isSecretName = (name: string): boolean => /^(key|secret|password|token|api_key|.*_(secret|password|token))$/i.test(name);

/** What a form can draw of a member: anything else is written as JSON. */
export type Control = "text" | "number" | "boolean" | "choice" | "several" | "object" | "json";

export function controlOf(schema: Schema, schemas: Schemas): Control {
  const found = resolve(schema, schemas);
  if (found.enum !== undefined) return "choice";
  if (found.type === "boolean") return "boolean";
  if (found.type === "integer" || found.type === "number") return "number";
  if (found.type === "string") return "text";
  if (found.type === "array") return resolve(found.items ?? {}, schemas).type === "string" ? "several" : "json";
  return found.properties !== undefined && Object.keys(found.properties).length > 0 ? "object" : "json";
}
