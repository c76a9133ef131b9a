import { expect, test } from "vitest";
import { shell, signIn as words, pages } from "@/strings/common";
import { KEY, open } from "./harness.ts";

test("who is not signed in is asked, told what is wrong, and goes on where they wanted to go", async () => {
  const visitor = (await open("/surveys?range=7d", { signedIn: false })).expects(/401/, /WebSocket/);
  const { page } = visitor;
  await page.getByRole("heading", { name: words.title }).waitFor();
  await page.getByLabel(words.key).fill("sk_test_notthekey0123456789abcdef0123456789");
  await page.getByRole("button", { name: words.submit }).click();
  await page.getByText(words.wrong).waitFor();
  await page.getByLabel(words.key).fill(KEY);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: pages.surveys }).waitFor();
  expect(new URL(page.url()).search).toBe("?range=7d");
  visitor.isContent();
});

test("signing out ends it for this browser", async () => {
  const visitor = (await open("/sessions")).expects(/401/, /WebSocket/);
  const { page } = visitor;
  await page.getByRole("heading", { level: 1, name: pages.sessions }).waitFor();
  await page.getByRole("button", { name: shell.account }).first().click();
  await page.getByRole("menuitem", { name: shell.signOut }).click();
  await page.getByRole("heading", { name: words.title }).waitFor();
  visitor.isContent();
});

test("the address of nothing says so and leads back", async () => {
  const visitor = (await open("/sessions/not/a/page")).expects(/404/);
  await visitor.page.getByRole("heading", { level: 1, name: shell.notFoundTitle }).waitFor();
  await visitor.page.getByRole("link", { name: shell.notFoundAction }).click();
  await visitor.page.getByRole("heading", { level: 1, name: pages.overview }).waitFor();
  visitor.isContent();
});

test("back and forward are pages, and the tab is named after them", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await page.getByRole("link", { name: pages.surveys, exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: pages.surveys }).waitFor();
  expect(await page.title()).toBe(`${pages.surveys} · Candor`);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: pages.overview }).waitFor();
  await page.goForward();
  await page.getByRole("heading", { level: 1, name: pages.surveys }).waitFor();
  visitor.isContent();
});

test("the palette jumps to pages and searches", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await page.getByRole("heading", { level: 1, name: pages.overview }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder(shell.palettePlaceholder).fill("pipel");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: pages.pipeline }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("heading", { level: 1, name: pages.sessions }).waitFor();
  visitor.isContent();
});

test("appearance is kept, and is there before the first paint", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await page.getByRole("button", { name: shell.account }).first().click();
  await page.getByRole("menuitemcheckbox", { name: shell.themeDark }).or(page.getByRole("menuitem", { name: shell.themeDark })).click();
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.documentElement.dataset["theme"] === "dark");
  visitor.isContent();
});
