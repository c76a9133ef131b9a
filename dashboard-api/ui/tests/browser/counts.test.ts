/** Overview and surveys: every number leads to the list it counts. */
import { expect, test } from "vitest";
import { pages } from "@/strings/common";
import { counts } from "@/strings/counts";
import { sessions as list } from "@/strings/sessions";
import { survey as surveyWords } from "@/strings/survey";
import { surveys as surveysWords } from "@/strings/surveys";
import { ask, open } from "./harness.ts";
import { aJudgedSession, settled } from "./places.ts";

const { counters } = counts;

test("a figure of the overview leads to as many sessions", async () => {
  const visitor = await open("/overview?range=7d");
  const { page } = visitor;
  await settled(visitor);
  const tile = page.getByRole("region", { name: counters.title }).getByRole("link", { name: counters.flagged });
  const { verdicts } = (await ask("/api/v1/dashboard/overview?range=7d")) as { verdicts: { bots_flagged: number } };
  expect(await tile.textContent()).toContain(String(verdicts.bots_flagged));
  await tile.click();
  await page.getByRole("heading", { level: 1, name: pages.sessions }).waitFor();
  expect(new URL(page.url()).searchParams.get("bots")).toBe("true");
  await page.getByText(new RegExp(`^(About )?${verdicts.bots_flagged} sessions`)).first().waitFor();
  visitor.isContent();
});

test("the period is in the address", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("radio", { name: /30/ }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("range")).toBe("30d");
  await page.reload();
  await settled(visitor);
  expect(await page.getByRole("radio", { name: /30/ }).isChecked()).toBe(true);
  visitor.isContent();
});

test("a survey is found, looked at, and leads to its sessions", async () => {
  const { survey } = await aJudgedSession();
  const visitor = await open("/surveys");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("searchbox", { name: surveysWords.search }).fill(survey);
  await page.getByRole("table", { name: surveysWords.table }).getByRole("link", { name: survey, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: survey }).waitFor();
  await page.getByRole("region", { name: surveyWords.timings.title }).waitFor();
  await settled(visitor);
  await page.getByRole("region", { name: counters.title }).getByRole("link", { name: counters.sessions }).first().click();
  await page.getByRole("button", { name: list.filters.remove(list.filters.names.survey, survey) }).waitFor();
  visitor.isContent();
});
