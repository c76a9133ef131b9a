/** What happens is on the page within a second of the acknowledgement of its events. */
import { expect, test } from "vitest";
import { counts } from "@/strings/counts";
import { session as detail } from "@/strings/session";
import { complete, createSession, crowding, open, postEvents, scriptedClicks, type Visitor } from "./harness.ts";
import { settled } from "./places.ts";

const TRIES = 5;
const WITHIN = 1000;

const isLive = ({ page }: Visitor) => page.getByText("Live", { exact: true }).first().waitFor();
const middle = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;

/** How long each of a few tries took from the acknowledgement on. The middle one counts: the machine is shared. */
async function measure(what: string, survey: string, appears: (attempt: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const id = await createSession(survey);
    const seen = appears(attempt);
    await postEvents(id, scriptedClicks());
    const acknowledged = performance.now();
    await seen;
    times.push(Math.round(performance.now() - acknowledged));
    await complete(id);
  }
  console.log(`${what}: ${times.join(", ")} ms after the acknowledgement`);
  return middle(times);
}

test("a new session is told in the list within a second", async () => {
  const survey = `live-list-${Date.now()}`;
  const visitor = await open(`/sessions?survey=${survey}`);
  const { page } = visitor;
  await settled(visitor);
  await isLive(visitor);
  const middleTime = await measure("session list", survey, async (attempt) => {
    // The first fills the empty list; the others wait above it until they are asked for.
    if (attempt === 0) await page.locator("[data-session]").first().waitFor();
    else await page.getByRole("button", { name: new RegExp(`^${attempt} new$`) }).waitFor();
  });
  expect(middleTime).toBeLessThanOrEqual(WITHIN * crowding());
  visitor.isContent();
});

test("the overview counts a new session within a second", async () => {
  const visitor = await open("/overview");
  const { page } = visitor;
  await settled(visitor);
  await isLive(visitor);
  const tile = page.getByRole("link", { name: new RegExp(`^${counts.counters.sessions}`) }).first();
  const middleTime = await measure("overview", `live-overview-${Date.now()}`, async () => {
    const before = await tile.textContent();
    await page.waitForFunction(
      ([label, text]) => [...document.querySelectorAll("main a")].some((each) => each.textContent.startsWith(label!) && each.textContent !== text && !each.textContent.includes("flagged")),
      [counts.counters.sessions, before],
    );
  });
  expect(middleTime).toBeLessThanOrEqual(WITHIN * crowding());
  visitor.isContent();
});

test("a running session's page follows it within a second", async () => {
  const id = await createSession("live-detail");
  await postEvents(id, scriptedClicks(30));
  const visitor = await open(`/sessions/${id}`);
  const { page } = visitor;
  await page.getByRole("region", { name: detail.verdict.title, exact: true }).waitFor();
  await isLive(visitor);
  const times: number[] = [];
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const seen = page.getByText(new RegExp(`\\b${30 + attempt * 10}\\b`)).first().waitFor();
    await postEvents(id, scriptedClicks(10, Date.now() - 7000));
    const acknowledged = performance.now();
    await seen;
    times.push(Math.round(performance.now() - acknowledged));
    // The page looks once a second at most: the next try begins when it has rested.
    await page.waitForTimeout(2000);
  }
  console.log(`session page: ${times.join(", ")} ms after the acknowledgement`);
  expect(middle(times)).toBeLessThanOrEqual(WITHIN * crowding());
  visitor.isContent();
});

test("rows do not jump when new ones come", async () => {
  const visitor = await open("/sessions", { height: 700 });
  const { page } = visitor;
  await settled(visitor);
  await isLive(visitor);
  const link = page.locator("[data-session]").nth(3);
  const id = await link.getAttribute("data-session");
  const box = await link.boundingBox();
  const added = await createSession("live-jump");
  await postEvents(added, scriptedClicks());
  const pill = page.getByRole("button", { name: /^\d+ new$/ });
  await pill.waitFor();
  expect(await page.locator(`[data-session="${id!}"]`).boundingBox()).toEqual(box);
  await pill.click();
  await page.locator(`[data-session="${added}"]`).waitFor();
  visitor.isContent();
});
