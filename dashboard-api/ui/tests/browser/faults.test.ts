/** What pages say when something is away, and that they go on by themselves when it is back. Mends it in the end. */
import { afterAll, expect, test } from "vitest";
import { pages, shell } from "@/strings/common";
import { control, open } from "./harness.ts";
import { settled } from "./places.ts";

afterAll(async () => {
  await control("database/heal");
  await control("api/start");
});

test("the live feed is told to be gone, and comes back by itself", async () => {
  const visitor = (await open("/sessions")).expects(/./);
  const { page } = visitor;
  await settled(visitor);
  const live = page.getByText(shell.liveOn, { exact: true }).first();
  await live.waitFor();
  await control("api/stop");
  await live.waitFor({ state: "hidden" });
  // What was read stays.
  expect(await page.locator("[data-session]").count()).toBeGreaterThan(0);
  await control("api/start");
  await live.waitFor();
});

test("without the database a page says so, and a later visit finds it again", async () => {
  const visitor = (await open("/pipeline")).expects(/./);
  const { page } = visitor;
  await settled(visitor);
  await control("database/cut");
  await page.getByRole("link", { name: pages.surveys, exact: true }).first().click();
  const retry = page.getByRole("main").getByRole("button", { name: "Try again" }).first();
  await retry.waitFor();
  await control("database/heal");
  await expect
    .poll(
      async () => {
        if (await retry.isVisible()) await retry.click({ timeout: 1000 }).catch(() => undefined);
        return page.getByRole("main").getByRole("table").count();
      },
      { interval: 1000 },
    )
    .toBeGreaterThan(0);
});
