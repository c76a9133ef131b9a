/** Everything that an analyst does can be done without a pointer, and it is seen where the keyboard is. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pages, shell, shortcuts, signIn } from "@/strings/common";
import { review } from "@/strings/review";
import { KEY, open } from "./harness.ts";
import { flagged, settled } from "./places.ts";

/** Whether something around the focused element is drawn to show it; else what is focused. */
const unseenFocus = (page: Page): Promise<string | null> =>
  page.evaluate(() => {
    const shows = (element: Element, part?: string) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element, part);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || (part === undefined && boxShadow !== "none");
    };
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return null;
    const near = [focused, focused.parentElement, focused.parentElement?.parentElement].filter((each) => each instanceof Element);
    return near.some((each) => shows(each)) || shows(focused, "::after") ? null : focused.outerHTML.slice(0, 200);
  });

test("from signing in to a labelled session without a pointer", async () => {
  const survey = `keyboard-${Date.now()}`;
  await flagged(survey, 1);
  const visitor = (await open(`/review?survey=${survey}`, { signedIn: false })).expects(/401|Authentication failed/);
  const { page } = visitor;
  await page.getByLabel(signIn.key).waitFor();
  await page.keyboard.press("Tab");
  expect(await unseenFocus(page)).toBeNull();
  await page.keyboard.type(KEY);
  await page.keyboard.press("Enter");
  await settled(visitor);
  await page.getByRole("heading", { name: review.reasons }).first().waitFor();
  await page.keyboard.press("b");
  await page.getByText(review.progress(1, 0, false)).waitFor();
  visitor.isContent();
});

test("the focus is seen at every stop of a page, and the first one skips the navigation", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await settled(visitor);
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: shell.skip }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(shell.skip);
  const unseen: string[] = [];
  for (let stop = 0; stop < 40; stop += 1) {
    await page.keyboard.press("Tab");
    const missed = await unseenFocus(page);
    if (missed !== null) unseen.push(missed);
  }
  expect(unseen).toEqual([]);
  visitor.isContent();
});

test("dialogs and menus give the focus back", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await settled(visitor);
  const account = page.getByRole("button", { name: shell.account }).first();
  await account.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => account.evaluate((each) => each === document.activeElement)).toBe(true);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: shortcuts.title }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await expect.poll(() => account.evaluate((each) => each === document.activeElement)).toBe(true);
  visitor.isContent();
});

test("rows of the list are gone through and opened by keys", async () => {
  const visitor = await open("/sessions");
  const { page } = visitor;
  await settled(visitor);
  const second = page.locator("[data-session]").nth(1);
  const id = await second.getAttribute("data-session");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect.poll(() => second.evaluate((each) => each === document.activeElement)).toBe(true);
  expect(await unseenFocus(page)).toBeNull();
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${id!}`);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: pages.sessions }).waitFor();
  visitor.isContent();
});
