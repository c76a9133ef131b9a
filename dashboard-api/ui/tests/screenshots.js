/**
 * Pictures of every page, light, dark and on a phone, for the README: `scripts/screenshots`.
 *
 *   node tests/screenshots.js ADDRESS KEY FOLDER [PAGE]
 */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, key, folder, only] = process.argv.slice(2);
if (address === undefined || key === undefined || folder === undefined) throw new Error("usage: screenshots.js ADDRESS KEY FOLDER [PAGE]");

const LOOKS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
};
const PATIENCE_MS = 60_000;

const browser = await chromium.launch({
  executablePath: process.env["CANDOR_CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Every page, by the name of its picture; the session and the survey are of a flagged session that has ended. */
async function paths(page) {
  const answer = await page.request.get("/api/v1/dashboard/sessions?risk=HIGH,CRITICAL&status=completed&limit=1");
  const { sessions } = await answer.json();
  const [session] = sessions;
  if (session === undefined) throw new Error("no flagged session has ended yet: try again in a minute");
  const survey = encodeURIComponent(session.survey_id);
  return {
    overview: "/overview?range=24h",
    sessions: "/sessions",
    session: `/sessions/${session.session_id}`,
    surveys: "/surveys",
    survey: `/surveys/${survey}`,
    review: "/review",
    pipeline: "/pipeline",
    integrations: "/integrations",
    "quick-start": "/quick-start",
    playground: "/playground?op=overview",
    settings: `/settings?survey=${survey}`,
  };
}

/** A whole page: nothing of it is loading, and charts have been drawn. */
async function settle(page) {
  await page.locator("main h1").first().waitFor({ timeout: PATIENCE_MS });
  await page.waitForFunction(() => document.querySelector("main [aria-busy=true], main .animate-pulse") === null, null, { timeout: PATIENCE_MS });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

await mkdir(folder, { recursive: true });
for (const [look, options] of Object.entries(LOOKS)) {
  const context = await browser.newContext({ ...options, baseURL: address, deviceScaleFactor: 1, reducedMotion: "reduce" });
  const page = await context.newPage();
  const signedIn = await page.request.post("/api/v1/sign-in", { data: { key } });
  if (!signedIn.ok()) throw new Error(`signing in at ${address}: ${String(signedIn.status())}`);
  for (const [name, path] of Object.entries(await paths(page))) {
    if (only !== undefined && name !== only) continue;
    await page.goto(path);
    await settle(page);
    // Lines of the pipeline begin with the second look at it.
    if (name === "pipeline") await page.locator("main canvas").first().waitFor({ timeout: PATIENCE_MS });
    const file = join(folder, `${name}-${look}.png`);
    await page.screenshot({ path: file });
    console.log(`${file} ${String(Math.ceil((await stat(file)).size / 1000))} kB`);
  }
  await context.close();
}
await browser.close();
