/** The page's own address: `?op=` names the operation, `p.<in>.<name>` its parameters. Bodies and secrets stay out of it. */
import type { Operation } from "@/pages/playground/document";
import { keyOf, type Values } from "@/pages/playground/request";
import { isSecretName } from "@/pages/playground/schema";

const PREFIX = "p.";
const nameOf = (key: string): string => PREFIX + key.replace(":", ".");

export function valuesFrom(parameters: URLSearchParams, operation: Operation): Values {
  const found = operation.parameters
    .filter(({ name }) => !isSecretName(name))
    .flatMap((parameter) => {
      const value = parameters.get(nameOf(keyOf(parameter)));
      return value === null ? [] : [[keyOf(parameter), value] as const];
    });
  return Object.fromEntries(found);
}

/** The address of an operation with these values. */
export function searchFor(operation: Pick<Operation, "id" | "parameters">, values: Values): URLSearchParams {
  const search = new URLSearchParams({ op: operation.id });
  for (const parameter of operation.parameters) {
    const value = values[keyOf(parameter)] ?? "";
    if (value !== "" && !isSecretName(parameter.name)) search.set(nameOf(keyOf(parameter)), value);
  }
  return search;
}
