/** Every page for everybody: axe finds nothing serious, and a narrow screen does not scroll sideways. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import { open, type Visitor } from "./harness.ts";
import { places, settled } from "./places.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Colours are what differs in the dark; they are the same on a phone, where looking at them again costs most. */
const CONTRAST = { "color-contrast": { enabled: false } };
const RUNS = {
  light: { runOnly: STANDARDS },
  dark: { runOnly: ["color-contrast"] },
  phone: { runOnly: STANDARDS, rules: CONTRAST },
};

/** What is wrong, one line for each rule and element. */
async function problems({ page }: Visitor, look: keyof typeof RUNS): Promise<string[]> {
  const violations = await page.evaluate(
    async (options) => {
      const { axe } = globalThis as unknown as { axe: { run: (options: unknown) => Promise<AxeResults> } };
      const { violations } = await axe.run({ ...options, resultTypes: ["violations"], selectors: false });
      return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 200)) }));
    },
    RUNS[look],
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node}`));
}

/** Elements that are wider than the page, when the page scrolls sideways. */
const overflowing = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`page is ${scrollWidth} of ${clientWidth} px wide`, ...wide.slice(0, 5).map((each) => each.outerHTML.slice(0, 160))];
  });

const looks = {
  light: async ({ page }: Visitor) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1440, height: 900 });
  },
  dark: ({ page }: Visitor) => page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" }),
  phone: async ({ page }: Visitor) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 390, height: 844 });
  },
  narrow: ({ page }: Visitor) => page.setViewportSize({ width: 360, height: 780 }),
};

const LOOKS = ["light", "dark", "phone", "narrow"] as const;

test("no page has a serious barrier, in no look, and none scrolls sideways at 360 pixels", { timeout: 300_000 }, async () => {
  const visitor = await open("/overview");
  const found: Record<string, string[]> = {};
  for (const { name, path } of await places()) {
    await visitor.page.goto(path);
    await settled(visitor);
    // By the debugger: the page's policy allows no script of others.
    await visitor.page.evaluate(AXE);
    for (const look of LOOKS) {
      await looks[look](visitor);
      await settled(visitor);
      // Colours on their way to others are neither.
      await visitor.page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
      const wrong = await (look === "narrow" ? overflowing(visitor) : problems(visitor, look));
      if (wrong.length > 0) found[`${name}, ${look}`] = wrong;
    }
  }
  expect(found).toEqual({});
  visitor.isContent();
});
