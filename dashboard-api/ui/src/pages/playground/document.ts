/** The API's own document (OpenAPI 3.1), read as far as a playground needs it. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

export type Place = "path" | "query" | "header";

export interface Parameter {
  name: string;
  in: Place;
  description: string | undefined;
  required: boolean;
  schema: Schema;
}

export interface Answer {
  status: string;
  description: string | undefined;
  types: string[];
  schema: Schema | undefined;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string | undefined;
  parameters: Parameter[];
  /** `undefined` when it takes none. */
  body: { schema: Schema; required: boolean; description: string | undefined } | undefined;
  answers: Answer[];
}

export interface Tag {
  name: string;
  description: string | undefined;
  operations: Operation[];
}

export interface ApiDocument {
  title: string;
  version: string;
  tags: Tag[];
  schemas: Record<string, Schema>;
}

type Raw = Record<string, unknown>;

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Raw => (isObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const METHODS = ["get", "post", "put", "patch", "delete"];
const PLACES: readonly string[] = ["path", "query", "header"];
const JSON_TYPE = "application/json";

/** Reads a document; `null` for something else. */
export function readDocument(raw: unknown): ApiDocument | null {
  if (!isObject(raw) || text(raw["openapi"])?.startsWith("3.") !== true) return null;
  const operations = Object.entries(object(raw["paths"])).flatMap(([path, item]) => readPath(path, object(item)));
  const info = object(raw["info"]);
  return {
    title: text(info["title"]) ?? "",
    version: text(info["version"]) ?? "",
    tags: byTag(operations, list(raw["tags"]).map(object)),
    schemas: object(object(raw["components"])["schemas"]) as Record<string, Schema>,
  };
}

function readPath(path: string, item: Raw): Operation[] {
  const shared = list(item["parameters"]);
  return METHODS.flatMap((method) => {
    const raw = item[method];
    return isObject(raw) ? [readOperation(method, path, raw, shared)] : [];
  });
}

function readOperation(method: string, path: string, raw: Raw, shared: unknown[]): Operation {
  return {
    id: text(raw["operationId"]) ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    tag: text(list(raw["tags"])[0]) ?? "",
    summary: joined(text(raw["summary"]) ?? path),
    description: text(raw["description"]),
    parameters: [...shared, ...list(raw["parameters"])].map(object).flatMap(readParameter),
    body: readBody(raw["requestBody"]),
    answers: Object.entries(object(raw["responses"])).map(([status, answer]) => readAnswer(status, object(answer))),
  };
}

/** A summary is wrapped where the source was. */
const joined = (summary: string): string => summary.replace(/\s+/g, " ");

function readParameter(raw: Raw): Parameter[] {
  const [name, place] = [text(raw["name"]), text(raw["in"])];
  if (name === undefined || place === undefined || !PLACES.includes(place)) return [];
  return [
    {
      name,
      in: place as Place,
      description: text(raw["description"]),
      required: raw["required"] === true || place === "path",
      schema: object(raw["schema"]),
    },
  ];
}

function readBody(raw: unknown): Operation["body"] {
  if (!isObject(raw)) return undefined;
  const content = object(raw["content"]);
  const media = object(content[JSON_TYPE] ?? Object.values(content)[0]);
  return { schema: object(media["schema"]), required: raw["required"] === true, description: text(raw["description"]) };
}

function readAnswer(status: string, raw: Raw): Answer {
  const content = object(raw["content"]);
  const first = Object.values(content)[0];
  return {
    status,
    description: text(raw["description"]),
    types: Object.keys(content),
    schema: first === undefined ? undefined : (object(object(first)["schema"])),
  };
}

/** Operations in the document's order of tags; tags that it does not list come last. */
function byTag(operations: Operation[], tags: Raw[]): Tag[] {
  const described = new Map(tags.map((tag) => [text(tag["name"]) ?? "", text(tag["description"])]));
  const names = [...new Set([...described.keys(), ...operations.map(({ tag }) => tag)])];
  return names
    .map((name) => ({ name, description: described.get(name), operations: operations.filter(({ tag }) => tag === name) }))
    .filter((tag) => tag.operations.length > 0);
}

export const findOperation = (document: ApiDocument, id: string): Operation | undefined =>
  document.tags.flatMap((tag) => tag.operations).find((operation) => operation.id === id);

/** Tags with the operations that have every word somewhere in method, path, name or texts. */
export function search(document: ApiDocument, query: string): Tag[] {
  const asked = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (asked.length === 0) return document.tags;
  const matches = ({ method, path, id, summary, tag }: Operation) => {
    const all = `${method} ${path} ${id} ${summary} ${tag}`.toLowerCase();
    return asked.every((word) => all.includes(word));
  };
  return document.tags
    .map((tag) => ({ ...tag, operations: tag.operations.filter(matches) }))
    .filter((tag) => tag.operations.length > 0);
}

/** Whether an operation changes something, as far as its method says. */
export const isWrite = ({ method }: Pick<Operation, "method">): boolean => method !== "GET";

const successes = ({ answers }: Operation): Answer[] => answers.filter(({ status }) => status.startsWith("2"));

/** What kind of thing it answers with, as far as the page has to treat it differently. */
export function answerKind(operation: Operation): "json" | "events" | "file" | "socket" | "page" {
  const types = successes(operation).flatMap((answer) => answer.types);
  if (types.includes("text/event-stream")) return "events";
  if (operation.answers.some(({ status }) => status === "101")) return "socket";
  if (types.includes("text/html")) return "page";
  return types.length === 0 || types.some((type) => type.includes("json") && !/jsonl|ndjson/.test(type)) ? "json" : "file";
}

/** What to ask for: the documented types, and problems. */
export function acceptOf(operation: Operation): string {
  const types = [...new Set(successes(operation).flatMap((answer) => answer.types))];
  return types.length === 0 ? "application/json" : [...types, "application/problem+json"].join(", ");
}
