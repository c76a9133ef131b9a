/**
 * Sends one session to the gateway as a page would: begins it with a publishable key, sends batches with the session's
 * token, ends it. The gateway is another service than the API of this app, so this has its own requests.
 */
import { ApiProblem, networkProblem, problemOf } from "@/api/problem";
import { type SimulatedEvent, SURVEY } from "@/pages/quick-start/simulate";

export type Phase = { name: "begin" } | { name: "events"; sent: number; of: number } | { name: "complete" };

export interface Sent {
  session: string;
  accepted: number;
  /** When the last answer came, by this browser's clock. */
  acknowledgedAt: number;
}

interface Started {
  session_id: string;
  ingest_token: string;
}

const BATCH = 60;

async function post(address: string, credential: string, body?: unknown): Promise<unknown> {
  const request = new Request(address, {
    method: "POST",
    credentials: "omit",
    headers: { authorization: `Bearer ${credential}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = await globalThis.fetch(request).catch(() => {
    throw networkProblem();
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw problemOf(answer, said);
  return said;
}

/** Sends `events` as one session; `onPhase` hears how far it is. */
export async function sendSession(
  gateway: string,
  key: string,
  events: readonly SimulatedEvent[],
  onPhase: (phase: Phase) => void,
): Promise<Sent> {
  const sessions = `${gateway}/api/v1/detection/sessions`;
  onPhase({ name: "begin" });
  const started = await post(sessions, key, { platform: "web", survey_id: SURVEY, metadata: { simulated: true } });
  if (!isStarted(started)) throw new ApiProblem({ status: 0, code: "unexpected_answer", title: "The gateway answered something else" });
  const { session_id: session, ingest_token: token } = started;
  let accepted = 0;
  const writer = crypto.randomUUID();
  for (let first = 0, sequence = 0; first < events.length; first += BATCH, sequence += 1) {
    onPhase({ name: "events", sent: first, of: events.length });
    const batch = events.slice(first, first + BATCH);
    const said = await post(`${sessions}/${session}/events`, token, { writer, sequence, events: batch });
    accepted += acceptedOf(said);
  }
  onPhase({ name: "complete" });
  await post(`${sessions}/${session}/complete`, token);
  return { session, accepted, acknowledgedAt: Date.now() };
}

function isStarted(said: unknown): said is Started {
  if (typeof said !== "object" || said === null) return false;
  const { session_id, ingest_token } = said as Record<string, unknown>;
  return typeof session_id === "string" && typeof ingest_token === "string";
}

function acceptedOf(said: unknown): number {
  const accepted = (said as Record<string, unknown> | undefined)?.["accepted"];
  return typeof accepted === "number" ? accepted : 0;
}
