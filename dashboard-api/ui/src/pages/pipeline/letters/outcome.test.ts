import { expect, it } from "vitest";
import { aLetter, aReplay } from "../fixtures";
import { askOfFilter, letterQuery, parseFilter, withFilter } from "./filter";
import { outcomesOf } from "./outcome";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const letters = [aLetter("0:1"), aLetter("0:2", { state: "replayed" }), aLetter("0:3")];
const said = (report: Parameters<typeof outcomesOf>[1]) => outcomesOf(letters, report).map(({ outcome }) => outcome);

it("says of each letter what became of it", () => {
  expect(said(aReplay({ replayed: 2 }))).toEqual(["back", "untouched", "back"]);
  const failures = [{ id: "0:3", problem: "timed out" }];
  expect(said(aReplay({ replayed: 1, failed: 1, failures }))).toEqual(["back", "untouched", "failed"]);
});

it("claims nothing of the others when failures are not all named", () => {
  const failures = [{ id: "0:3", problem: "timed out" }];
  expect(said(aReplay({ failed: 2, failures }))).toEqual(["untold", "untouched", "failed"]);
});

it("keeps the filter in the address, and forgets the opened letter with it", () => {
  const filter = parseFilter(new URLSearchParams("view=letters&reason=bad_key&since=24h&back=all&letter=0:1"));
  expect(filter).toEqual({ reason: "bad_key", source: null, since: "24h", back: "all" });
  expect(withFilter(new URLSearchParams("view=letters&letter=0:1"), filter).toString()).toBe("view=letters&reason=bad_key&since=24h&back=all");
  expect(parseFilter(new URLSearchParams("since=ever&back=maybe"))).toMatchObject({ since: "all", back: "no" });
});

it("asks the list and the replay for the same letters, up to now", () => {
  const filter = parseFilter(new URLSearchParams("reason=bad_key&since=1h"));
  expect(letterQuery(filter, NOW)).toEqual({ reason: "bad_key", since: "2026-11-20T09:00:00.000Z", replayed: false });
  expect(askOfFilter(filter, NOW)).toEqual({
    reason: "bad_key",
    since: "2026-11-20T09:00:00.000Z",
    until: "2026-11-20T10:00:00.000Z",
  });
});
