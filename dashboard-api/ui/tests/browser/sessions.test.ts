/** The list of sessions: found, kept in the address, chosen, labelled, saved. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { sessions as words } from "@/strings/sessions";
import { session as detail } from "@/strings/session";
import { classWord, riskWord } from "@/strings/words";
import { ask, open } from "./harness.ts";
import { settled } from "./places.ts";

const HIGH = words.filters.remove(words.filters.names.risk, riskWord("CRITICAL"));

test("a filter is in the address, survives a reload, and is taken away", async () => {
  const visitor = await open("/sessions");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("button", { name: words.filters.open, exact: true }).click();
  const drawer = page.getByRole("dialog", { name: words.filters.title });
  await drawer.getByRole("checkbox", { name: riskWord("CRITICAL") }).click();
  await drawer.getByRole("button", { name: words.filters.done }).click();
  await page.getByRole("button", { name: HIGH }).waitFor();
  expect(new URL(page.url()).searchParams.get("risk")).toBe("CRITICAL");
  await page.reload();
  await page.getByRole("button", { name: HIGH }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("");
  visitor.isContent();
});

test("a search finds a session by the beginning of its id", async () => {
  const { sessions } = (await ask("/api/v1/dashboard/sessions?status=completed&limit=1")) as { sessions: { session_id: string }[] };
  const id = sessions[0]!.session_id;
  const visitor = await open("/sessions");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("searchbox", { name: words.search.label }).fill(id);
  await page.waitForFunction((sought) => [...document.querySelectorAll("[data-session]")].every((row) => row.getAttribute("data-session") === sought), id);
  await page.locator(`[data-session="${id}"]`).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${id}`);
  await page.getByRole("region", { name: detail.verdict.title, exact: true }).waitFor();
  visitor.isContent();
});

test("a view is saved under a name, and columns stay as they were chosen", async () => {
  const visitor = await open("/sessions?class=scripted_bot");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("button", { name: words.views.save }).click();
  await page.getByRole("textbox", { name: words.views.name }).fill("Scripts");
  await page.keyboard.press("Enter");
  const views = page.getByRole("navigation", { name: words.views.label });
  await views.getByRole("link", { name: "Scripts" }).waitFor();
  await page.getByRole("button", { name: words.columns.button }).click();
  await page.getByRole("checkbox", { name: words.columns.names.class }).click();
  await page.keyboard.press("Escape");
  await page.goto("/sessions");
  await settled(visitor);
  await page.locator("[data-session]").first().waitFor();
  expect(await page.getByRole("columnheader", { name: words.columns.names.class, exact: true }).count()).toBe(0);
  await views.getByRole("link", { name: "Scripts" }).click();
  await page.getByRole("button", { name: words.filters.remove(words.filters.names.class, classWord("scripted_bot")) }).waitFor();
  visitor.isContent();
});

test("sessions are chosen by key, labelled at once, and it is taken back", async () => {
  const { sessions } = (await ask("/api/v1/dashboard/sessions?risk=LOW&status=completed&limit=2")) as { sessions: { session_id: string }[] };
  const visitor = await open("/sessions?risk=LOW&status=completed");
  const { page } = visitor;
  await settled(visitor);
  await page.locator("[data-session]").nth(1).waitFor();
  for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
  const bar = page.getByRole("region", { name: words.selection.region });
  await bar.getByText(words.selection.count("2")).waitFor();
  await bar.getByRole("button", { name: words.selection.labelAs("human") }).click();
  await page.getByText(words.labelling.done(words.labelling.sessions("2", 2), "human")).waitFor();
  const labelled = async () => {
    const page = (await ask("/api/v1/dashboard/sessions?label=human&limit=100")) as { sessions: { session_id: string }[] };
    return sessions.filter(({ session_id }) => page.sessions.some((each) => each.session_id === session_id)).length;
  };
  await expect.poll(labelled).toBe(2);
  await page.getByRole("button", { name: words.labelling.undo }).click();
  await page.getByText(words.labelling.undone).waitFor();
  await expect.poll(labelled).toBe(0);
  visitor.isContent();
});

test("the export holds the rows of the filter", async () => {
  const visitor = await open("/sessions?risk=CRITICAL&status=completed");
  const { page } = visitor;
  await settled(visitor);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: words.exports.button }).click();
  await page.getByRole("menuitem", { name: words.exports.csv }).click();
  const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\r\n").flatMap((line) => line.split("\n"));
  const listed = (await ask("/api/v1/dashboard/sessions?risk=CRITICAL&status=completed&limit=100")) as { sessions: { session_id: string }[] };
  const exported = lines.slice(1).filter((line) => /[0-9a-f]{8}-[0-9a-f]{4}-7/.test(line));
  expect(exported.length).toBe(listed.sessions.length);
  visitor.isContent();
});

test("a list without rows says what to do", async () => {
  const visitor = await open("/sessions?survey=there-is-no-such-survey");
  const { page } = visitor;
  await page.getByText(words.empty.filteredTitle).waitFor();
  await page.getByRole("button", { name: words.empty.clear }).first().click();
  await page.locator("[data-session]").first().waitFor();
  visitor.isContent();
});
