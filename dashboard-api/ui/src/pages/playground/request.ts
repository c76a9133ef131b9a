/** A request as it is filled in, as it is sent, and as curl would send it. One place makes its address, so that all three agree. */
import { acceptOf, type Operation, type Parameter } from "@/pages/playground/document";
import { isSecretName } from "@/pages/playground/schema";

/** Values of parameters by `in:name`, as they are typed. Empty means "not given". */
export type Values = Readonly<Record<string, string>>;

export interface Filled {
  values: Values;
  /** JSON as it is typed; empty for none. */
  body: string;
}

export const NOTHING: Filled = { values: {}, body: "" };

export interface Ready {
  method: string;
  /** Path and query. */
  address: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export const keyOf = ({ in: place, name }: Pick<Parameter, "in" | "name">): string => `${place}:${name}`;

const valueOf = (parameter: Parameter, { values }: Filled): string => values[keyOf(parameter)] ?? "";

/** Parameters that must be given and are not. */
export const missing = (operation: Operation, filled: Filled): Parameter[] =>
  operation.parameters.filter((parameter) => parameter.required && valueOf(parameter, filled).trim() === "");

/** Lists have one value on each line; everything else is one value. */
export const valuesOf = (parameter: Parameter, filled: Filled): string[] => {
  const value = valueOf(parameter, filled);
  if (value === "") return [];
  return parameter.schema.type === "array" ? value.split("\n").map((line) => line.trim()).filter(Boolean) : [value];
};

/** `show` stands in for what may not be seen. */
type Show = (parameter: Parameter, value: string) => string;
const plainly: Show = (_parameter, value) => value;

export function addressOf(operation: Operation, filled: Filled, show: Show = plainly): string {
  const path = operation.path.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    const parameter = operation.parameters.find((one) => one.in === "path" && one.name === name);
    const value = parameter === undefined ? "" : valueOf(parameter, filled);
    return value === "" || parameter === undefined ? whole : encodeURIComponent(show(parameter, value));
  });
  const query = new URLSearchParams();
  for (const parameter of operation.parameters.filter((one) => one.in === "query")) {
    for (const value of valuesOf(parameter, filled)) query.append(parameter.name, show(parameter, value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export function readyOf(operation: Operation, filled: Filled): Ready {
  const headers: Record<string, string> = { accept: acceptOf(operation) };
  for (const parameter of operation.parameters.filter((one) => one.in === "header")) {
    const [value] = valuesOf(parameter, filled);
    if (value !== undefined) headers[parameter.name.toLowerCase()] = value;
  }
  const body = bodyOf(operation, filled);
  if (body !== undefined) headers["content-type"] = "application/json";
  return { method: operation.method, address: addressOf(operation, filled), headers, body };
}

/** An empty form is an empty object, where a body is needed. */
function bodyOf({ body }: Operation, filled: Filled): string | undefined {
  if (body === undefined) return undefined;
  if (filled.body.trim() !== "") return filled.body;
  return body.required ? "{}" : undefined;
}

/** What stands for a secret in a command that may be pasted somewhere. */
const SECRET = "$SECRET";
const SECRET_PLACE = "candor-secret-stands-here";

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Leaves single quotes for a variable of the shell. */
const withSecrets = (text: string): string => text.replaceAll(SECRET_PLACE, `'"${SECRET}"'`);

/** The request as a command for a shell. The key is `$KEY`, other secrets `$SECRET`: neither is ever written out. */
export function curlOf(operation: Operation, filled: Filled, origin: string): string {
  const hide: Show = (parameter, value) => (isSecretName(parameter.name) ? SECRET_PLACE : value);
  const { method, headers, body } = readyOf(operation, filled);
  const lines = [`curl -sS ${method === "GET" ? "" : `-X ${method} `}${withSecrets(quoted(origin + addressOf(operation, filled, hide)))}`];
  lines.push(`-H "Authorization: Bearer $KEY"`);
  for (const [name, value] of Object.entries(headers)) {
    const isUsual = name === "accept" && value.startsWith("application/json");
    if (!isUsual) lines.push(withSecrets(`-H ${quoted(`${name}: ${isSecretName(name) ? SECRET_PLACE : value}`)}`));
  }
  if (body !== undefined) lines.push(withSecrets(`-d ${quoted(compact(withoutSecrets(body, SECRET_PLACE)))}`));
  return lines.join(" \\\n  ");
}

function compact(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}

/** A body with its secrets replaced, wherever they stand. What is no JSON is not looked into, so nothing of it is shown. */
export function withoutSecrets(body: string, instead: string): string {
  try {
    const hide = (name: string, value: unknown): unknown => (isSecretName(name) && typeof value === "string" ? instead : value);
    return JSON.stringify(JSON.parse(body, hide), null, 2);
  } catch {
    return /key|secret|password|token/i.test(body) ? "" : body;
  }
}

/** Whether it holds something that is not kept. */
export function holdsSecret(operation: Operation, filled: Filled): boolean {
  const inParameters = operation.parameters.some((parameter) => isSecretName(parameter.name) && valueOf(parameter, filled) !== "");
  return inParameters || (filled.body !== "" && withoutSecrets(filled.body, "") !== withoutSecrets(filled.body, "x"));
}

/** The same without secrets, for keeping. */
export function keepable(operation: Operation, filled: Filled): Filled {
  const secrets = new Set(operation.parameters.filter(({ name }) => isSecretName(name)).map(keyOf));
  return {
    values: Object.fromEntries(Object.entries(filled.values).filter(([key]) => !secrets.has(key))),
    body: filled.body === "" || !holdsSecret(operation, filled) ? filled.body : withoutSecrets(filled.body, ""),
  };
}
