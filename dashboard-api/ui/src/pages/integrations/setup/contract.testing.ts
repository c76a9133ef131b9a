/** For tests: whether events fit the schema that the gateway's records are made of (`schemas/json-schema`). */
import { readFileSync } from "node:fs";

export interface AnyEvent {
  event_type: string;
  timestamp: number;
  data: Record<string, unknown>;
}

export interface Batch {
  writer: string;
  sequence: number;
  events: AnyEvent[];
}

interface FieldSchema {
  type?: string[];
  enum?: unknown[];
  /** Identifiers. */
  anyOf?: unknown[];
}
interface Branch {
  properties: { event_type: { const?: string }; data?: { properties: Record<string, FieldSchema> } };
}
interface BatchSchema {
  else: { properties: { events: { items: { oneOf: Branch[] } } } };
}

const schema = JSON.parse(readFileSync("../../schemas/json-schema/candor.events.batch.v1.json", "utf8")) as BatchSchema;

function fits(value: unknown, field: FieldSchema): boolean {
  if (field.enum !== undefined) return field.enum.includes(value);
  if (field.anyOf !== undefined) return typeof value === "string" && /^[A-Za-z0-9_.:-]{1,64}$/.test(value);
  return field.type?.includes(typeof value) === true;
}

/** What of the events the gateway would refuse, in words. */
export function misfits(events: readonly AnyEvent[]): string[] {
  const branches = new Map(schema.else.properties.events.items.oneOf.map((branch) => [branch.properties.event_type.const, branch]));
  return events.flatMap(({ event_type, timestamp, data }) => {
    const allowed = branches.get(event_type)?.properties.data?.properties;
    if (allowed === undefined) return [`${event_type} is no listed type`];
    if (!(timestamp > Date.UTC(2000))) return [`${event_type} at ${timestamp}`];
    return Object.entries(data).flatMap(([name, value]) => {
      const field = allowed[name];
      return field !== undefined && fits(value, field) ? [] : [`${event_type}.${name} = ${String(value)}`];
    });
  });
}
