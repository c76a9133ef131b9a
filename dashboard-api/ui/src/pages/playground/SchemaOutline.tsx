import { ChevronRight } from "lucide-react";
import type { Schema } from "@/pages/playground/document";
import { Prose } from "@/pages/playground/Prose";
import { type Resolved, resolve, type Schemas, typeWords } from "@/pages/playground/schema";
import { playground as words } from "@/strings/playground";

interface Properties {
  schema: Schema;
  schemas: Schemas;
  depth?: number;
}

const DEEPEST = 5;

/** The schema whose members are worth a list: of an object itself, of a list's or map's values. */
function inner(schema: Schema, schemas: Schemas): Resolved | null {
  const found = resolve(schema, schemas);
  if (found.properties !== undefined) return found;
  if (found.type === "array" && found.items !== undefined) return inner(found.items, schemas);
  return typeof found.additionalProperties === "object" ? inner(found.additionalProperties, schemas) : null;
}

/** The members of a schema with what is said of them; those within open one by one. */
export function SchemaOutline({ schema, schemas, depth = 0 }: Properties) {
  const members = Object.entries(inner(schema, schemas)?.properties ?? {});
  return (
    <ul className={depth === 0 ? "divide-y divide-line" : "ml-2 border-l border-line pl-3"}>
      {members.map(([name, member]) => {
        const within = depth < DEEPEST ? inner(member, schemas) : null;
        const head = <Member name={name} schema={member} schemas={schemas} />;
        return (
          <li key={name} className="py-1.5">
            {within === null ? (
              <div className="pl-5">{head}</div>
            ) : (
              <details className="group/member">
                <summary className="flex cursor-pointer items-start gap-1 [&::-webkit-details-marker]:hidden">
                  <ChevronRight aria-hidden className="mt-0.5 size-4 shrink-0 text-faint group-open/member:rotate-90" />
                  {head}
                </summary>
                <SchemaOutline schema={member} schemas={schemas} depth={depth + 1} />
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Member({ name, schema, schemas }: { name: string; schema: Schema; schemas: Schemas }) {
  const found = resolve(schema, schemas);
  return (
    <div className="min-w-0 text-[13px]">
      <code className="font-mono text-xs font-semibold">{name}</code>{" "}
      <span className="text-xs text-muted">
        {typeWords(schema, schemas)}
        {found.enum === undefined ? null : `: ${found.enum.map(String).join(", ")}`}
        {found.nullable ? ` ${words.documentation.mayBeNull}` : null}
      </span>
      {found.description === undefined ? null : (
        <p className="text-xs text-pretty text-muted">
          <Prose text={found.description} />
        </p>
      )}
    </div>
  );
}
