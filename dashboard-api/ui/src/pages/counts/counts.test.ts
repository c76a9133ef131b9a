import { describe, expect, it } from "vitest";
import { classBars, methodBars } from "@/pages/counts/bars";
import { parseCampaign } from "@/pages/counts/campaignAddress";
import { dragRange } from "@/pages/counts/dragRange";
import { bucket, FROM, TO, trend, verdicts } from "@/pages/counts/fixtures";
import { flaggedShare, highAndCritical, lowShare, moved } from "@/pages/counts/measures";
import { qualitySeries, riskSeries, timesOf } from "@/pages/counts/riskSeries";
import { sessionsPath } from "@/pages/counts/sessionsPath";

const scope = { from: FROM, to: TO };
const filterOf = (path: string) => Object.fromEntries(new URLSearchParams(path.slice(path.indexOf("?"))));

describe("the list behind a number", () => {
  it("is of the hours that were counted", () => {
    expect(filterOf(sessionsPath(scope))).toEqual(scope);
  });

  it("has the filters of the sessions page", () => {
    const path = sessionsPath({ ...scope, survey: "wave 7/ä&b" }, { risk: ["HIGH", "CRITICAL"], bots: true });
    expect(filterOf(path)).toEqual({ ...scope, survey: "wave 7/ä&b", risk: "HIGH,CRITICAL", bots: "true" });
  });
});

describe("shares", () => {
  it("are of the sessions with a verdict", () => {
    const judged = verdicts({ total: 8, bots_flagged: 2, by_risk: { LOW: 4, HIGH: 1, CRITICAL: 1 } });
    expect(flaggedShare(judged)).toBe(0.25);
    expect(lowShare(judged)).toBe(0.5);
    expect(highAndCritical(judged)).toBe(2);
  });

  it("are not known without a verdict, and neither is a change", () => {
    expect(flaggedShare(verdicts())).toBeNull();
    expect(moved(0.4, flaggedShare(verdicts()))).toBeNull();
    expect(moved(0.4, 0.1)).toBeCloseTo(0.3);
  });
});

describe("dragging over a trend", () => {
  const hours = { ...scope, bucket: "hour" as const };
  const seconds = (iso: string) => Date.parse(iso) / 1000;

  it("takes whole buckets", () => {
    const range = dragRange(seconds("2026-11-21T10:20:00Z"), seconds("2026-11-21T12:01:00Z"), hours);
    expect(range).toEqual({ from: "2026-11-21T10:00:00.000Z", to: "2026-11-21T13:00:00.000Z" });
  });

  it("stays within the period, and is never empty", () => {
    const all = dragRange(0, seconds("2027-01-01T00:00:00Z"), hours);
    expect(all).toEqual({ from: "2026-11-21T08:00:00.000Z", to: "2026-11-22T09:00:00.000Z" });
    const point = dragRange(seconds("2026-11-21T10:00:00Z"), seconds("2026-11-21T10:00:00Z"), hours);
    expect(point).toEqual({ from: "2026-11-21T10:00:00.000Z", to: "2026-11-21T11:00:00.000Z" });
    const after = dragRange(seconds("2027-01-01T00:00:00Z"), seconds("2027-01-02T00:00:00Z"), hours);
    expect(after).toEqual({ from: "2026-11-22T08:00:00.000Z", to: "2026-11-22T09:00:00.000Z" });
  });

  it("takes days of a trend by the day, from right to left too", () => {
    const days = { from: "2026-11-01T08:00:00Z", to: TO, bucket: "day" as const };
    const range = dragRange(seconds("2026-11-12T03:00:00Z"), seconds("2026-11-10T20:00:00Z"), days);
    expect(range).toEqual({ from: "2026-11-10T00:00:00.000Z", to: "2026-11-13T00:00:00.000Z" });
  });
});

describe("series of a trend", () => {
  const given = trend([
    { ...bucket(FROM, 4, { by_risk: { LOW: 3, CRITICAL: 1 }, bots_flagged: 1 }), sessions: { total: 6, active: 2, completed: 4, idle: 0, max_length: 0 } },
    bucket("2026-11-21T09:00:00Z", 0),
  ]);

  it("stack risks with the worst on the axis, and count what was not judged", () => {
    const series = riskSeries(given);
    expect(series.map((one) => one.name)).toEqual(["Critical", "High", "Medium", "Low", "No verdict yet"]);
    expect(series.map((one) => one.values[0])).toEqual([1, 0, 0, 3, 2]);
    expect(timesOf(given)).toEqual([Date.parse(FROM) / 1000, Date.parse(FROM) / 1000 + 3600]);
  });

  it("show no share where nothing was judged", () => {
    expect(qualitySeries(given).map((one) => one.values)).toEqual([
      [0.75, null],
      [0.25, null],
    ]);
  });
});

describe("bars", () => {
  const given = verdicts({ total: 9, by_class: { human: 5, scripted_bot: 3, new_class: 1 }, by_method: { mouse: 2, timing: 7 } });

  it("keep the classes in one order, those of a newer server last", () => {
    const bars = classBars(given, scope);
    expect(bars[0]?.key).toBe("human");
    expect(bars.at(-1)).toMatchObject({ label: "New class", value: 1 });
    expect(filterOf(bars[1]?.to ?? "")).toMatchObject({ class: "scripted_bot" });
  });

  it("show the methods that spoke, most often first", () => {
    const bars = methodBars(given, scope);
    expect(bars.map((bar) => bar.label)).toEqual(["Timing", "Pointer"]);
    expect(filterOf(bars[0]?.to ?? "")).toMatchObject({ method: "timing" });
  });
});

describe("a campaign's address", () => {
  it("names kind and fingerprint", () => {
    expect(parseCampaign("device:0f3a")).toEqual({ kind: "device", fingerprint: "0f3a" });
    for (const wrong of [null, "", "device", "device:", ":0f3a"]) expect(parseCampaign(wrong)).toBeNull();
  });
});
