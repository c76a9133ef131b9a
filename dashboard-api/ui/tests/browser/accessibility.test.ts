/** Every page for everybody: axe finds nothing serious, and a narrow screen does not scroll sideways. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import { open, type Visitor } from "./harness.ts";
import { type Place, places, settled } from "./places.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What is wrong, one line for each rule and element. */
async function problems({ page }: Visitor): Promise<string[]> {
  // By the debugger: the page's policy allows no script of others.
  await page.evaluate(AXE);
  const results = await page.evaluate(
    (values) =>
      (globalThis as unknown as { axe: { run: (options: unknown) => Promise<AxeResults> } }).axe.run({
        runOnly: { type: "tag", values },
        resultTypes: ["violations"],
      }),
    RULES,
  );
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}

/** Elements that are wider than the page, when the page scrolls sideways. */
const overflowing = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`page is ${scrollWidth} of ${clientWidth} px wide`, ...wide.slice(0, 5).map((each) => each.outerHTML.slice(0, 160))];
  });

async function look(looks: { width: number; height: number; theme: "light" | "dark" }, find: (visitor: Visitor, place: Place) => Promise<string[]>) {
  const found: Record<string, string[]> = {};
  for (const place of await places()) {
    const visitor = await open(place.path, looks);
    await settled(visitor);
    const wrong = await find(visitor, place);
    if (wrong.length > 0) found[place.name] = wrong;
    visitor.isContent();
    await visitor.page.context().close();
  }
  return found;
}

for (const theme of ["light", "dark"] as const) {
  test(`no page has a serious barrier, ${theme}`, { timeout: 180_000 }, async () => {
    expect(await look({ width: 1440, height: 900, theme }, problems)).toEqual({});
  });
}

test("no page has a serious barrier on a phone", { timeout: 180_000 }, async () => {
  expect(await look({ width: 390, height: 844, theme: "light" }, problems)).toEqual({});
});

test("no page scrolls sideways at 360 pixels", { timeout: 180_000 }, async () => {
  expect(await look({ width: 360, height: 780, theme: "light" }, overflowing)).toEqual({});
});
