import { expect, it } from "vitest";
import { aReason, aVerdict } from "@/pages/session/fixtures";
import { methodRows } from "@/pages/session/methods";

it("orders methods by what they found, then by whether they could", () => {
  const verdict = aVerdict({
    method_scores: { mouse: 0.92, timing: 0, focus: 0.3 },
    reasons: [aReason("mouse.teleport", 0.92), aReason("focus.left_then_pasted", 0.3)],
    data_sufficiency: { sufficient: true, judged: ["timing", "mouse"], too_little: ["focus", "scroll"], absent: ["keystroke"] },
  });
  expect(methodRows(verdict).map((row) => [row.method, row.state, row.score, row.reasons])).toEqual([
    ["mouse", "judged", 0.92, 1],
    ["focus", "too_little", 0.3, 1],
    ["timing", "judged", 0, 0],
    ["scroll", "too_little", null, 0],
    ["keystroke", "absent", null, 0],
  ]);
});
