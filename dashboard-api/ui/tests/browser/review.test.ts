/** The review queue, by the keys of an analyst who labels many. */
import { expect, test } from "vitest";
import { review as words } from "@/strings/review";
import { ask, open } from "./harness.ts";
import { flagged, settled } from "./places.ts";

test("sessions are labelled one after the other, and the last label is taken back", async () => {
  const survey = `review-${Date.now()}`;
  await flagged(survey, 3);
  const visitor = await open(`/review?survey=${survey}`);
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("heading", { name: words.reasons }).first().waitFor();
  await page.keyboard.press("b");
  await page.getByText(words.progress(1, 2, false)).waitFor();
  await page.keyboard.press("n");
  await page.keyboard.type("clicks without holding");
  await page.keyboard.press("Escape");
  await page.keyboard.press("u");
  await page.getByText(words.progress(2, 1, false)).waitFor();
  await page.keyboard.press("z");
  await page.getByText(words.progress(1, 2, false)).waitFor();
  const queue = async () => ((await ask(`/api/v1/reviews/queue?survey=${survey}`)) as { sessions: unknown[] }).sessions.length;
  await expect.poll(queue).toBe(2);
  visitor.isContent();
});

test("an empty queue says what to do", async () => {
  const visitor = await open("/review?survey=there-is-no-such-survey");
  await visitor.page.getByText(words.emptyTitle).waitFor();
  await visitor.page.getByRole("link", { name: words.allSessions }).waitFor();
  visitor.isContent();
});
