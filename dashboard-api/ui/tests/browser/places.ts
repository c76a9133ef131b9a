/** Where tests go: every page with data in it, and sessions that pages are opened on. */
import { pages } from "@/strings/common";
import { ask, complete, createSession, postEvents, scriptedClicks, until, type Visitor } from "./harness.ts";

export interface Place {
  name: string;
  path: string;
}

/** A session with a verdict that something speaks against, and its survey. */
export async function aJudgedSession(): Promise<{ id: string; survey: string }> {
  const { sessions } = (await ask("/api/v1/dashboard/sessions?risk=HIGH,CRITICAL&status=completed&limit=1")) as {
    sessions: { session_id: string; survey_id: string }[];
  };
  const [first] = sessions;
  if (first === undefined) throw new Error("the simulated traffic holds no session of high risk");
  return { id: first.session_id, survey: first.survey_id };
}

/** New sessions of high risk that have ended, of a survey that nothing else is in; their ids. No other test has labelled them. */
export async function flagged(survey: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const id = await createSession(survey);
    await postEvents(id, scriptedClicks());
    await complete(id);
    ids.push(id);
  }
  await until("the sessions are in the queue", async () => {
    const queue = (await ask(`/api/v1/reviews/queue?survey=${survey}`)) as { sessions: unknown[] };
    return queue.sessions.length === count ? true : undefined;
  });
  return ids;
}

export async function places(): Promise<Place[]> {
  const { id, survey } = await aJudgedSession();
  const name = encodeURIComponent(survey);
  return [
    { name: pages.overview, path: "/overview" },
    { name: pages.sessions, path: "/sessions" },
    { name: "Session", path: `/sessions/${id}` },
    { name: pages.surveys, path: "/surveys" },
    { name: "Survey", path: `/surveys/${name}` },
    { name: pages.review, path: "/review" },
    { name: pages.pipeline, path: "/pipeline" },
    { name: "Dead letters", path: "/pipeline?view=letters" },
    { name: pages.integrations, path: "/integrations" },
    { name: "Guides", path: "/integrations?view=guides" },
    { name: pages.quickStart, path: "/quick-start" },
    { name: pages.playground, path: "/playground?op=overview" },
    { name: pages.settings, path: `/settings?survey=${name}` },
  ];
}

/** Waits until a page has its title and nothing of it is loading. */
export async function settled({ page }: Visitor): Promise<void> {
  await page.locator("main h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("main [aria-busy=true], main .animate-pulse") === null);
}

