/** Pages of who runs Candor: pipeline and dead letters, settings, quick start, integrations, playground. */
import { expect, test } from "vitest";
import { console_ as consoleWords, delivery, integrations as integrationWords, kindWord } from "@/strings/integrations";
import { letters } from "@/strings/letters";
import { pipeline } from "@/strings/pipeline";
import { playground } from "@/strings/playground";
import { feed, verdictStep } from "@/strings/quick-start";
import { settings as words } from "@/strings/settings";
import { ask, complete, control, createSession, GATEWAY, open, postEvents, scriptedClicks, until } from "./harness.ts";
import { settled } from "./places.ts";

test("the pipeline says how far each part is behind and who works", async () => {
  const visitor = await open("/pipeline");
  const { page } = visitor;
  const detector = page.getByRole("region", { name: pipeline.role("detector"), exact: true });
  await detector.getByRole("table", { name: pipeline.partitionsTable(pipeline.role("detector")) }).waitFor();
  await detector.getByText(pipeline.state.stable).or(detector.getByText(pipeline.upToDate)).first().waitFor();
  visitor.isContent();
});

test("a dead letter is inspected and replayed", async () => {
  await control("letter");
  await until("the letter is listed", async () => {
    const page = (await ask("/api/v1/dead-letters?replayed=false")) as { letters: unknown[] };
    return page.letters.length > 0 ? true : undefined;
  }, 30_000);
  const visitor = await open("/pipeline?view=letters");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("button", { name: /^Inspect letter / }).first().click();
  const drawer = page.getByRole("dialog", { name: /^Dead letter / });
  await drawer.getByRole("button", { name: letters.showContent }).click();
  await drawer.getByText('{"session_id":').first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("checkbox", { name: /^Select letter / }).first().check();
  await page.getByRole("button", { name: letters.replaySelected(1) }).click();
  const dialog = page.getByRole("dialog", { name: letters.replayTitle });
  await dialog.getByRole("button", { name: letters.confirm(1), exact: true }).click();
  await dialog.getByText(letters.doneAll(1)).waitFor();
  visitor.isContent();
});

const high = words.thresholds.number(words.thresholds.names["high_score"] ?? "");

test("a threshold is tried, saved, and a colleague's change is not overwritten", async () => {
  const address = `/settings?survey=settings-${Date.now()}`;
  const visitor = (await open(address)).expects(/412/);
  const { page } = visitor;
  const box = page.getByLabel(high);
  await box.fill("0.7");
  const tried = page.getByRole("region", { name: words.preview.title });
  await tried.getByRole("radio", { name: words.preview.scopeAll }).click();
  await tried.getByRole("button", { name: words.preview.run, exact: true }).click();
  await tried.getByRole("table").first().waitFor();
  const save = page.getByRole("button", { name: words.save.save, exact: true });
  const late = (await open(address)).expects(/412/);
  await late.page.getByLabel(high).fill("0.65");
  await save.click();
  await page.getByText(words.save.none).waitFor();
  await late.page.getByRole("button", { name: words.save.save, exact: true }).click();
  const banner = late.page.getByRole("alert", { name: words.conflict.title });
  await banner.getByRole("button", { name: words.conflict.takeTheirs }).click();
  await expect.poll(() => late.page.getByLabel(high).inputValue()).toMatch(/^0\.70?$/);
  await page.reload();
  await expect.poll(() => box.inputValue()).toMatch(/^0\.70?$/);
  visitor.isContent();
  late.isContent();
});

test("the quick start ends when a first session has its verdict", async () => {
  const visitor = await open("/quick-start");
  const { page } = visitor;
  await settled(visitor);
  const id = await createSession("quick-start");
  await postEvents(id, scriptedClicks());
  await complete(id);
  await page.getByRole("list", { name: feed.label }).getByText("quick-start").first().waitFor();
  await page.getByRole("listitem", { name: verdictStep.title }).getByRole("link", { name: verdictStep.open }).waitFor();
  visitor.isContent();
});

test("a signed test webhook arrives, and is in the delivery log", async () => {
  const visitor = await open("/integrations?view=console");
  const { page } = visitor;
  await page.getByRole("button", { name: consoleWords.send }).click();
  await page.getByText(consoleWords.taken["noted"] ?? "").waitFor();
  await page.getByText(consoleWords.stored, { exact: true }).waitFor();
  await page.getByRole("link", { name: consoleWords.openDelivery }).click();
  await page.getByRole("link", { name: new RegExp(`^${kindWord("response_partial")}`) }).first().click();
  await page.getByRole("dialog", { name: delivery.title }).waitFor();
  visitor.isContent();
});

test("guides are filled in with this installation's gateway", async () => {
  const visitor = await open("/integrations");
  const { page } = visitor;
  await settled(visitor);
  await page.getByRole("tab", { name: integrationWords.guides }).click();
  await page.getByText(GATEWAY).first().waitFor();
  visitor.isContent();
});

test("the playground sends what reads, and asks before what writes", async () => {
  const visitor = (await open("/playground?op=overview&p.query.range=7d")).expects(/422/);
  const { page } = visitor;
  await page.getByRole("button", { name: playground.send.send, exact: true }).click();
  await page.getByRole("region", { name: playground.answer.content }).getByText('"sessions"').first().waitFor();
  await page.goto("/playground?op=preview");
  await page.getByRole("button", { name: playground.send.send, exact: true }).click();
  const question = page.getByRole("alertdialog", { name: playground.send.confirmTitle("POST") });
  await question.getByRole("button", { name: playground.send.confirmSend }).click();
  await page.getByText(/^(200|422) /).first().waitFor();
  visitor.isContent();
});
