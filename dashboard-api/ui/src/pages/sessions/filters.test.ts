import { expect, it } from "vitest";
import { chipsOf } from "./chips";
import { exportPath } from "./exports";
import { NOW } from "./fixtures";
import { hasFilters, isOpenEnded, NO_FILTERS, parseFilters, periodOf, toQuery, toSearch } from "./filters";

const read = (search: string) => parseFilters(new URLSearchParams(search));

it("an address says every filter, and the same filters are the same address", () => {
  const search =
    "risk=HIGH%2CCRITICAL&class=ai_agent&status=active&method=mouse%2Ctiming&bots=true&finding=false&label=none" +
    "&fingerprint=device%3A0123456789abcdef0123456789abcdef&min_score=0.3&max_score=0.95&platform=web&survey=w+7&respondent=r&q=019f&range=7d";
  expect(toSearch(read(search))).toBe(search);
  expect(toSearch(read("risk=CRITICAL,HIGH"))).toBe(toSearch(read("risk=HIGH,CRITICAL")));
  expect(hasFilters(read(search))).toBe(true);
});

it("what is said wrongly is as if it was not said", () => {
  const wrong = "risk=ODD&class=&status=pending&finding=maybe&label=cleared&min_score=2&fingerprint=x&from=2026-09-22&to=2026-09-21&q=+";
  expect(read(wrong)).toEqual(NO_FILTERS);
  expect(read("min_score=0.9&max_score=0.1")).toEqual(NO_FILTERS);
  expect(toSearch(NO_FILTERS)).toBe("");
});

it("a named period begins at a whole hour and goes on; one between two times may be over", () => {
  expect(periodOf({ range: "24h" }, NOW)).toEqual({ from: "2026-09-20T14:00:00.000Z" });
  expect(isOpenEnded(read("range=24h"), NOW)).toBe(true);
  expect(isOpenEnded(read("from=2026-09-20T00:00:00Z&to=2026-09-21T00:00:00Z"), NOW)).toBe(false);
  expect(isOpenEnded(read("from=2026-09-20T00:00:00Z&to=2026-09-21T15:00:00Z"), NOW)).toBe(true);
});

it("a period with one end only is understood", () => {
  expect(read("from=2026-09-20T00:00:00Z").range).toEqual({ from: "2026-09-20T00:00:00Z", to: "9999-01-01T00:00:00Z" });
});

it("the API is asked in its own words", () => {
  expect(toQuery(read("risk=HIGH&range=24h&bots=false"), NOW)).toEqual({ risk: "HIGH", bots: "false", from: "2026-09-20T14:00:00.000Z" });
});

it("each filter in use is a chip in words, and taking it away leaves the others", () => {
  const chips = chipsOf(read("risk=HIGH,CRITICAL&min_score=0.3&max_score=0.9&label=none"));
  expect(chips.map(({ name, value }) => `${name}: ${value}`)).toEqual(["Risk: High, Critical", "Label: Not labelled", "Score: 30% to 90%"]);
  expect(toSearch(chips[2]!.without)).toBe("risk=HIGH%2CCRITICAL&label=none");
});

it("an export has the filters of the list", () => {
  expect(exportPath(read("risk=HIGH&survey=w 7"), "csv", false)).toBe("/api/v1/dashboard/exports/sessions.csv?risk=HIGH&survey=w+7");
  expect(exportPath(NO_FILTERS, "parquet", true)).toBe("/api/v1/dashboard/exports/sessions.parquet?pseudonymise=true");
  expect(exportPath(NO_FILTERS, "jsonl", false)).toBe("/api/v1/dashboard/exports/sessions.jsonl");
});
