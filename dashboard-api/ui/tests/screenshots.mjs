// Pictures of every page, light, dark and on a phone, of a running Candor: see scripts/screenshots.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [api, folder] = process.argv.slice(2);
const key = process.env.CANDOR_BOOTSTRAP_SECRET_KEY;
if (api === undefined || folder === undefined || key === undefined) {
  throw new Error("usage: CANDOR_BOOTSTRAP_SECRET_KEY=... node tests/screenshots.mjs ADDRESS FOLDER");
}

const LOOKS = [
  { name: "light", theme: "light", width: 1440, height: 900 },
  { name: "dark", theme: "dark", width: 1440, height: 900 },
  { name: "phone", theme: "light", width: 390, height: 844 },
];
const DEADLINE_MS = 30_000;

async function ask(path) {
  const answer = await fetch(api + path, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Every page; the session is one with much to show. */
async function pages() {
  const { sessions } = await ask("/api/v1/dashboard/sessions?limit=200&status=completed&risk=HIGH,CRITICAL");
  const richest = sessions.toSorted((one, other) => other.event_count - one.event_count)[0];
  const survey = encodeURIComponent(richest.survey_id);
  return {
    overview: "/overview",
    sessions: "/sessions",
    session: `/sessions/${richest.session_id}`,
    surveys: "/surveys",
    survey: `/surveys/${survey}`,
    review: "/review",
    integrations: "/integrations",
    pipeline: "/pipeline",
    "quick-start": "/quick-start",
    playground: "/playground?op=sessions",
    settings: `/settings?survey=${survey}`,
  };
}

/** The page has what it shows: a heading, nothing that still loads, no picture in motion. */
async function settle(page) {
  await page.locator("h1").first().waitFor({ timeout: DEADLINE_MS });
  const idle = () => document.querySelector('[role="status"][aria-label="Loading"], .animate-pulse') === null;
  await page.waitForFunction(idle, undefined, { timeout: DEADLINE_MS });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

await mkdir(folder, { recursive: true });
const executablePath = process.env.CANDOR_CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const all = Object.entries(await pages());
  for (const { name, theme, width, height } of LOOKS) {
    const viewport = { width, height };
    const context = await browser.newContext({ viewport, colorScheme: theme, baseURL: api, reducedMotion: "reduce" });
    await context.request.post("/api/v1/sign-in", { data: { key } });
    const page = await context.newPage();
    for (const [title, path] of all) {
      await page.goto(path);
      await settle(page);
      const file = join(folder, `${title}-${name}.png`);
      await page.screenshot({ path: file });
      console.log(file);
    }
    await context.close();
  }
} finally {
  await browser.close();
}
