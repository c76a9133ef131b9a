/** One session: why it was flagged, what happened in it, what a person says of it. */
import { expect, test } from "vitest";
import { session as words } from "@/strings/session";
import { replay } from "@/strings/sessionReplay";
import { ask, open } from "./harness.ts";
import { aJudgedSession, flagged, settled } from "./places.ts";

test("the verdict, its reasons and what would change it are told", async () => {
  const { id } = await aJudgedSession();
  const visitor = await open(`/sessions/${id}`);
  const { page } = visitor;
  const verdict = page.getByRole("region", { name: words.verdict.title, exact: true });
  await verdict.getByText(words.verdict.careful).waitFor();
  await page.getByRole("heading", { name: words.change.title }).waitFor();
  const details = (await ask(`/api/v1/dashboard/sessions/${id}/details`)) as { session: { verdict: { reasons: { text: string }[] } } };
  const reasons = page.getByRole("region", { name: words.reasons.title, exact: true });
  for (const { text } of details.session.verdict.reasons) await reasons.getByText(text).first().waitFor();
  await page.getByRole("region", { name: words.revisions.title }).waitFor();
  await settled(visitor);
  visitor.isContent();
});

test("the replay plays, scrubs, and goes where an event was", async () => {
  const { sessions } = (await ask("/api/v1/dashboard/sessions?class=human&status=completed&limit=1")) as { sessions: { session_id: string }[] };
  const visitor = await open(`/sessions/${sessions[0]!.session_id}?events=all`);
  const { page } = visitor;
  const card = page.getByRole("region", { name: replay.title });
  const slider = card.getByRole("slider", { name: replay.time });
  await slider.waitFor();
  await settled(visitor);
  const now = async () => Number(await slider.getAttribute("aria-valuenow"));
  await card.getByRole("combobox", { name: replay.speed }).selectOption("16");
  await card.getByRole("button", { name: replay.play, exact: true }).click();
  await expect.poll(now).toBeGreaterThan(1);
  const pause = card.getByRole("button", { name: replay.pause, exact: true });
  if (await pause.isVisible()) await pause.click();
  await slider.focus();
  await page.keyboard.press("Home");
  await expect.poll(now).toBe(0);
  await page.keyboard.press("ArrowRight");
  await expect.poll(now).toBe(1);
  await card.getByRole("button", { name: replay.heat }).click();
  await page.getByRole("region", { name: words.timeline.title, exact: true }).getByRole("button").last().click();
  await expect.poll(now).toBeGreaterThanOrEqual(0);
  visitor.isContent();
});

test("a label is given, kept, and taken back", async () => {
  const [id = ""] = await flagged(`session-label-${Date.now()}`, 1);
  const visitor = await open(`/sessions/${id}`);
  const { page } = visitor;
  const card = page.getByRole("region", { name: words.review.title });
  const bot = card.getByRole("button", { name: words.review.bot, exact: true });
  await bot.click();
  await page.getByText(words.review.saved(words.review.bot)).first().waitFor();
  await page.reload();
  await expect.poll(() => bot.getAttribute("aria-pressed")).toBe("true");
  await card.getByRole("button", { name: words.review.takeBack }).click();
  await expect.poll(() => bot.getAttribute("aria-pressed")).toBe("false");
  await page.getByText(words.review.cleared).first().waitFor();
  visitor.isContent();
});

test("analysing an ended session says that its verdict stays", async () => {
  const { id } = await aJudgedSession();
  const visitor = await open(`/sessions/${id}`);
  const { page } = visitor;
  await page.getByRole("button", { name: words.analyse.action }).click();
  await page.getByText(words.analyse.stored).waitFor();
  visitor.isContent();
});

test("a session that nobody knows is said so", async () => {
  const visitor = (await open("/sessions/019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d")).expects(/404/);
  await visitor.page.getByText(words.unknownTitle).waitFor();
  await visitor.page.getByRole("link", { name: words.toSessions }).waitFor();
  visitor.isContent();
});
