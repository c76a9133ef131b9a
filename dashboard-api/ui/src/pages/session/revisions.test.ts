import { expect, it } from "vitest";
import { aVerdict } from "@/pages/session/fixtures";
import { revisionRows } from "@/pages/session/revisions";

const stored = (window: number, offset: number, score: number) => ({
  id: String(offset),
  request_id: null,
  status: "completed" as const,
  risk_changed: false,
  verdict: aVerdict({ window, confidence_score: score, revision: { generation: 1, offset, phase: "final" } }),
});
const window = (offset: number) => ({ window: offset, generation: 1, status: "completed" as const, updated_at: "", verdict: null });

it("compares each verdict with the one before of its own window", () => {
  const rows = revisionRows([stored(5, 9, 0.9), stored(1, 8, 0.2), stored(5, 7, 0.6), stored(1, 2, 0.25)], [window(1), window(5)]);
  expect(rows.map((row) => [row.window, row.change === null ? null : Number(row.change.toFixed(2))])).toEqual([
    [2, 0.3],
    [1, -0.05],
    [2, null],
    [1, null],
  ]);
});
