/** Sends a request and reads its answer, as far as a page can show it. */
import { api } from "@/api/client";
import { networkProblem } from "@/api/problem";
import type { Ready } from "@/pages/playground/request";

/** More than this of an answer is not read. */
export const MOST_BYTES = 2_000_000;

export interface Reply {
  status: number;
  headers: [name: string, value: string][];
  /** The content's type without parameters. */
  type: string;
  /** `null` for what is no text. */
  text: string | null;
  bytes: number;
  /** Whether there was more than is read. */
  isCut: boolean;
  /** Whether somebody stopped it. */
  isStopped: boolean;
  milliseconds: number;
}

/** The same client as everywhere, without the types: which operation is sent is known at run time only. */
const untyped = api as unknown as {
  request: (
    method: string,
    address: string,
    options: { headers: Record<string, string>; body?: string; bodySerializer: (body: string) => string; parseAs: "stream"; signal: AbortSignal },
  ) => Promise<{ data?: ReadableStream<Uint8Array> | null; error?: unknown; response: Response }>;
};

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

/** Whether people can read content of this type. */
export const isText = (type: string): boolean => /^text\/|json|xml|javascript|^$/.test(type);

/** `onProgress` is told of an answer that is still coming in. */
export async function send(ready: Ready, signal: AbortSignal, onProgress: (reply: Reply) => void): Promise<Reply> {
  const begun = performance.now();
  const { response, data, error } = await reached(ready, signal);
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  const headers = [...response.headers.entries()].sort(([one], [other]) => (one < other ? -1 : 1));
  const replyOf = (read: Read): Reply => ({
    status: response.status,
    headers,
    type,
    ...read,
    milliseconds: performance.now() - begun,
  });
  if (error !== undefined || data == null) return replyOf(ofWhole(error));
  return replyOf(await readStream(data, isText(type), (read) => onProgress(replyOf(read))));
}

async function reached({ method, address, headers, body }: Ready, signal: AbortSignal) {
  try {
    return await untyped.request(method, address, {
      headers,
      ...(body === undefined ? {} : { body }),
      // It is sent as it was typed, wrong or not: the API's own words about it are part of playing.
      bodySerializer: (text) => text,
      parseAs: "stream",
      signal,
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw networkProblem();
  }
}

interface Read {
  text: string | null;
  bytes: number;
  isCut: boolean;
  isStopped: boolean;
}

/** The client has read failures already. */
function ofWhole(content: unknown): Read {
  const text = content === undefined ? "" : typeof content === "string" ? content : JSON.stringify(content);
  return { text, bytes: new TextEncoder().encode(text).length, isCut: false, isStopped: false };
}

/** No more often than this is an answer that still comes in drawn anew. */
const PAUSE_MS = 150;

async function readStream(stream: ReadableStream<Uint8Array>, isReadable: boolean, onProgress: (read: Read) => void): Promise<Read> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let [text, bytes, isCut, isStopped, told] = ["", 0, false, false, performance.now()];
  const read = (): Read => ({ text: isReadable ? text : null, bytes, isCut, isStopped });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (isReadable) text += decoder.decode(value, { stream: true });
      if (bytes >= MOST_BYTES) {
        isCut = true;
        void reader.cancel();
        break;
      }
      if (performance.now() - told < PAUSE_MS) continue;
      told = performance.now();
      onProgress(read());
    }
  } catch (error) {
    // Stopped by hand, or cut off on the way: what has come is shown either way.
    isStopped = isAbort(error);
    isCut = !isStopped;
  }
  return read();
}
