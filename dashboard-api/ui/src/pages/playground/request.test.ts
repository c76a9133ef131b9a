import { describe, expect, it } from "vitest";
import { searchFor, valuesFrom } from "@/pages/playground/address";
import type { Operation, Parameter } from "@/pages/playground/document";
import { linesOf, partsOf, tidied } from "@/pages/playground/lines";
import { addressOf, curlOf, holdsSecret, keepable, missing, readyOf } from "@/pages/playground/request";

const parameter = (place: Parameter["in"], name: string, extra: Partial<Parameter> = {}): Parameter => ({
  name,
  in: place,
  description: undefined,
  required: place === "path",
  schema: { type: "string" },
  ...extra,
});

const operation: Operation = {
  id: "write",
  method: "PUT",
  path: "/api/v1/things/{thing}",
  tag: "things",
  summary: "Writes.",
  description: undefined,
  parameters: [
    parameter("path", "thing"),
    parameter("query", "type", { schema: { type: "array", items: { type: "string" } } }),
    parameter("query", "token"),
    parameter("header", "If-Match", { required: true }),
  ],
  body: { schema: { type: "object" }, required: true, description: undefined },
  answers: [{ status: "200", description: undefined, types: ["application/json"], schema: undefined }],
};

const filled = {
  values: { "path:thing": "a/b é", "query:type": "x\n\n y ", "query:token": "geheim", "header:If-Match": '"3.abc"' },
  body: '{"name":"it\'s","key":"sk_live_1"}',
};

describe("requests", () => {
  it("are made with everything encoded, lists repeated, empty ones left out", () => {
    const ready = readyOf(operation, filled);
    expect(ready.address).toBe("/api/v1/things/a%2Fb%20%C3%A9?type=x&type=y&token=geheim");
    expect(ready.headers).toEqual({ accept: "application/json, application/problem+json", "if-match": '"3.abc"', "content-type": "application/json" });
    expect(addressOf(operation, { values: {}, body: "" })).toBe("/api/v1/things/{thing}");
    expect(readyOf(operation, { values: {}, body: "" }).body).toBe("{}");
  });

  it("say what is missing", () => {
    expect(missing(operation, { values: { "path:thing": " " }, body: "" }).map(({ name }) => name)).toEqual(["thing", "If-Match"]);
  });
});

describe("curl", () => {
  it("sends the same without any secret in it", () => {
    const command = curlOf(operation, filled, "https://candor.test");
    expect(command).toBe(
      [
        `curl -sS -X PUT 'https://candor.test/api/v1/things/a%2Fb%20%C3%A9?type=x&type=y&token='"$SECRET"''`,
        `  -H "Authorization: Bearer $KEY"`,
        `  -H 'if-match: "3.abc"'`,
        `  -H 'content-type: application/json'`,
        `  -d '{"name":"it'\\''s","key":"'"$SECRET"'"}'`,
      ].join(" \\\n"),
    );
    expect(command).not.toMatch(/geheim|sk_live/);
  });

  it("shows nothing of a body with a secret that is no JSON", () => {
    expect(curlOf(operation, { ...filled, body: '{"key": "sk_live_1' }, "https://candor.test")).not.toContain("sk_live");
  });
});

describe("what is kept", () => {
  it("leaves secrets out and says so", () => {
    expect(holdsSecret(operation, filled)).toBe(true);
    const kept = keepable(operation, filled);
    expect(JSON.stringify(kept)).not.toMatch(/geheim|sk_live/);
    expect(kept.values["path:thing"]).toBe("a/b é");
    const plain = { values: {}, body: '{ "name": 1 }' };
    expect(holdsSecret(operation, plain)).toBe(false);
    expect(keepable(operation, plain)).toEqual(plain);
  });

  it("stands in the address, but for secrets and bodies", () => {
    const search = searchFor(operation, filled.values);
    expect(search.toString()).not.toMatch(/geheim/);
    expect(valuesFrom(search, operation)).toEqual({ "path:thing": "a/b é", "query:type": "x\n\n y ", "header:If-Match": '"3.abc"' });
  });
});

describe("content", () => {
  it("is tidied when it is JSON", () => {
    expect(tidied('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(tidied("{half")).toBeNull();
  });

  it("breaks endless lines and loses nothing", () => {
    const long = "x".repeat(4500);
    expect(linesOf(`${long}\nshort`).map((line) => line.length)).toEqual([2000, 2000, 500, 5]);
  });

  it("is coloured by what it is", () => {
    const parts = partsOf('  "na\\"me": "text", -1.5e3, true');
    expect(parts.filter(({ kind }) => kind !== "plain")).toEqual([
      { kind: "name", text: '"na\\"me"' },
      { kind: "text", text: '"text"' },
      { kind: "number", text: "-1.5e3" },
      { kind: "word", text: "true" },
    ]);
    expect(parts.map(({ text }) => text).join("")).toBe('  "na\\"me": "text", -1.5e3, true');
  });
});
