import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatPercent, formatRate, formatRelative, formatShort, shortId } from "@/lib/format";

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [1000, "1 s"],
  [12_340, "12.3 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [3 * 86_400_000 + 3_600_000, "3 d 1 h"],
])("%d ms is %s", (milliseconds, expected) => {
  expect(formatDuration(milliseconds)).toBe(expected);
});

test("shares have a digit behind the point where it matters", () => {
  expect([0, 0.004, 0.0951, 0.127, 1].map(formatPercent)).toEqual(["0%", "0.4%", "9.5%", "13%", "100%"]);
});

test("counts, rates and sizes stay short", () => {
  expect([9999, 12_345, 1_234_567].map(formatShort)).toEqual(["9,999", "12.3K", "1.2M"]);
  expect([0.44, 99.94, 1234.6].map(formatRate)).toEqual(["0.4", "99.9", "1,235"]);
  expect([512, 1400, 3_200_000].map(formatBytes)).toEqual(["512 B", "1.4 kB", "3.2 MB"]);
});

test("times are told from now", () => {
  const now = Date.parse("2026-09-21T12:00:00Z");
  expect(formatRelative(now - 1000, now)).toBe("now");
  expect(formatRelative(now - 30_000, now)).toBe("30s ago");
  expect(formatRelative(now - 3 * 3_600_000, now)).toBe("3h ago");
  expect(formatRelative("2026-09-19T12:00:00Z", now)).toBe("2d ago");
});

test("an id is told by its end", () => {
  expect(shortId("019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d")).toBe("…6c1b2a3d");
});
