import { expect, test } from "vitest";
import { isNewer, parseMessage, type Revision } from "@/live/messages";

test("revisions are ordered by generation, offset and kind", () => {
  const order: Revision[] = [
    { offset: 9, phase: "final" },
    { generation: 1, offset: 1, phase: "running" },
    { generation: 1, offset: 1, phase: "requested" },
    { generation: 1, offset: 1, phase: "final" },
    { generation: 1, offset: 2, phase: "running" },
  ];
  order.forEach((one, place) => {
    order.forEach((other, otherPlace) => {
      expect(isNewer(one, other)).toBe(place > otherPlace);
    });
  });
});

test("what is no message is none", () => {
  for (const text of ["", "[]", "null", "{}", '{"type":"stats"}', '{"type":"weather","cursor":"1"}']) {
    expect(parseMessage(text)).toBeNull();
  }
  expect(parseMessage('{"type":"stats","cursor":"1"}')).toEqual({ type: "stats", cursor: "1" });
});
