import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { acceptOf, answerKind, findOperation, isWrite, readDocument, search } from "@/pages/playground/document";
import { controlOf, exampleOf, resolve, typeWords } from "@/pages/playground/schema";

/** The server's own document, as it is pinned in the repository. */
const document = readDocument(JSON.parse(readFileSync("../tests/fixtures/openapi.json", "utf8")))!;
const operations = document.tags.flatMap((tag) => tag.operations);
const find = (id: string) => findOperation(document, id)!;

describe("the API's document", () => {
  it("is read whole, with unique names", () => {
    expect(operations.length).toBeGreaterThan(40);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    expect(document.tags.every(({ name, operations: all }) => name !== "" && all.length > 0)).toBe(true);
    for (const { path, parameters } of operations) {
      const steps = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((one) => one.in === "path").map(({ name }) => name).sort(), path).toEqual(steps.sort());
    }
  });

  it("is refused when it is something else", () => {
    for (const other of [null, "text", {}, { openapi: "2.0" }, { swagger: "2.0" }]) expect(readDocument(other)).toBeNull();
  });

  it("is searched by every word", () => {
    const found = search(document, "put SETTINGS").flatMap((tag) => tag.operations.map(({ id }) => id));
    expect(found).toEqual(["write_settings"]);
    expect(search(document, "no such thing")).toEqual([]);
    expect(search(document, " ")).toBe(document.tags);
  });

  it("tells writes, files, streams and sockets apart", () => {
    expect(isWrite(find("write_settings"))).toBe(true);
    expect(answerKind(find("overview"))).toBe("json");
    expect(answerKind(find("sessions_csv"))).toBe("file");
    expect(answerKind(find("labels"))).toBe("file");
    expect(answerKind(find("stream"))).toBe("events");
    expect(answerKind(find("socket"))).toBe("socket");
    expect(answerKind(find("sign_in_by_link"))).toBe("page");
    expect(answerKind(find("sign_out"))).toBe("json");
    expect(acceptOf(find("sessions_csv"))).toBe("text/csv, application/problem+json");
  });
});

describe("schemas", () => {
  const { schemas } = document;

  it("have a name and an example each, and no reference is left open", () => {
    for (const [name, schema] of Object.entries(schemas)) {
      expect(() => JSON.stringify(exampleOf(schema, schemas)), name).not.toThrow();
      expect(typeWords(schema, schemas), name).not.toBe("");
    }
  });

  it("follow references and set null aside", () => {
    const found = resolve({ oneOf: [{ $ref: "#/components/schemas/Retention" }, { type: "null" }] }, schemas);
    expect([found.name, found.nullable, found.type]).toEqual(["Retention", true, "object"]);
    expect(resolve({ type: ["string", "null"] }, {}).type).toBe("string");
    expect(typeWords({ type: "array", items: { type: "integer" } }, {})).toBe("list of whole number");
  });

  it("survive holding themselves", () => {
    const tree = { Tree: { type: "object", properties: { inner: { $ref: "#/components/schemas/Tree" } }, required: ["inner"] }, Loop: { $ref: "#/components/schemas/Loop" } };
    expect(() => exampleOf({ $ref: "#/components/schemas/Tree" }, tree)).not.toThrow();
    expect(() => exampleOf({ $ref: "#/components/schemas/Loop" }, tree)).not.toThrow();
  });

  it("give examples with what is needed", () => {
    expect(exampleOf({ $ref: "#/components/schemas/NewLabel" }, schemas)).toEqual({ label: "human" });
    expect(exampleOf({ type: "string", format: "date", example: "2026-11-22" }, {})).toBe("2026-11-22");
  });

  it("know which control draws them", () => {
    expect(controlOf({ $ref: "#/components/schemas/SettingsDocument" }, schemas)).toBe("object");
    expect(controlOf({ type: "object", additionalProperties: { type: "number" } }, {})).toBe("json");
    expect(controlOf({ type: "array", items: { type: "string" } }, {})).toBe("several");
    expect(controlOf({ $ref: "#/components/schemas/Label" }, schemas)).toBe("choice");
  });
});
