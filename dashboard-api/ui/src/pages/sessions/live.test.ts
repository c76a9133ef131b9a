import { expect, it } from "vitest";
import { Heard, merged } from "./arrivals";
import { aFinding, anUpdate, aRow, idAt, NOW } from "./fixtures";
import { parseFilters } from "./filters";
import { beganAt, mayBelong, mayShare, withFinding, withUpdate } from "./live";
import { Overlay } from "./overlay";
import { reasonOf } from "./row";

const read = (search: string) => parseFilters(new URLSearchParams(search));

it("a newer verdict that is higher replaces what is shown", () => {
  const row = withUpdate(aRow(5), anUpdate(idAt(5)));
  expect(row).toMatchObject({ status: "active", effective_risk: "CRITICAL", effective_score: 0.93, class: "ai_agent", event_count: 200 });
  expect(reasonOf(row)).toBe("Answers came at even intervals.");
});

it("an older message changes nothing, and a lower score of one window leaves the verdict", () => {
  const row = aRow(5);
  expect(withUpdate(row, anUpdate(idAt(5), { updated_at: "2026-09-01T00:00:00Z" }))).toBe(row);
  const { verdict } = anUpdate(idAt(5));
  const lower = anUpdate(idAt(5), { status: "completed", verdict: { ...verdict!, confidence_score: 0.1, risk_level: "LOW" } });
  expect(withUpdate({ ...row, status: "active" }, lower)).toMatchObject({ status: "completed", effective_risk: "HIGH", confidence_score: 0.7 });
});

it("what is shared with others raises the risk and is said first", () => {
  const row = withFinding(aRow(5, { risk_level: "LOW", effective_risk: "LOW", effective_score: 0.1 }), aFinding(idAt(5)));
  expect(row).toMatchObject({ effective_risk: "CRITICAL", effective_score: 0.88, finding_count: 1 });
  expect(reasonOf(row)).toBe("3 other sessions have the same device.");
  expect(withUpdate(row, anUpdate(idAt(5), { verdict: { ...anUpdate("").verdict!, confidence_score: 0.75, risk_level: "HIGH" } }))).toMatchObject({
    effective_risk: "CRITICAL",
    effective_score: 0.88,
  });
});

it.each([
  ["", true],
  ["risk=CRITICAL", true],
  ["risk=LOW", false],
  ["class=ai_agent&bots=true", true],
  ["bots=false", false],
  ["status=completed", false],
  ["survey=wave-7&platform=qualtrics&respondent=r-1", true],
  ["survey=wave-8", false],
  ["min_score=0.9", true],
  ["min_score=0.95", false],
  ["max_score=0.9", false],
  ["q=wave", true],
  ["q=nobody", false],
  ["from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", false],
  ["fingerprint=device:0123456789abcdef0123456789abcdef", false],
])("a message belongs to the list of %s: %s", (search, belongs) => {
  expect(mayBelong(read(search), anUpdate(idAt(0)))).toBe(belongs);
});

it("a finding belongs to lists of its survey and of what is shared", () => {
  expect(mayShare(read("survey=wave-7"), aFinding(idAt(0)))).toBe(true);
  expect(mayShare(read("finding=false"), aFinding(idAt(0)))).toBe(false);
  expect(mayShare(read("fingerprint=device:0123456789abcdef0123456789abcdef"), aFinding(idAt(0)))).toBe(true);
  expect(mayShare(read("fingerprint=rhythm:0123456789abcdef0123456789abcdef"), aFinding(idAt(0)))).toBe(false);
});

it("the list looks back as far as a session that was spoken of, for a while", () => {
  expect(beganAt(idAt(60))).toBe(NOW - 60_000);
  const heard = new Heard();
  heard.note(idAt(60), 1000);
  expect(heard.since(NOW, 2000)).toBe(NOW - 60_000);
  expect(heard.since(NOW, 7000)).toBe(NOW);
});

it("what waits is in order, each session once, as it was read last", () => {
  const rows = merged([aRow(5), aRow(9)], [aRow(1), aRow(5, { status: "idle" })]);
  expect(rows.map((row) => [row.session_id, row.status])).toEqual([
    [idAt(1), "completed"],
    [idAt(5), "idle"],
    [idAt(9), "completed"],
  ]);
});

it("who shows a row is told of its changes only", () => {
  const overlay = new Overlay();
  const told: string[] = [];
  overlay.subscribe(idAt(1), () => told.push("one"));
  const leave = overlay.subscribe(idAt(2), () => told.push("two"));
  overlay.change([aRow(1)], (row) => ({ ...row, label: "bot" }));
  overlay.change([aRow(1)], (row) => row);
  expect(told).toEqual(["one"]);
  expect(overlay.of(aRow(1)).label).toBe("bot");
  overlay.replace([aRow(2, { status: "idle" })]);
  leave();
  overlay.forget([aRow(1), aRow(2)]);
  expect(told).toEqual(["one", "two", "one"]);
  expect(overlay.of(aRow(1)).label).toBeNull();
});
