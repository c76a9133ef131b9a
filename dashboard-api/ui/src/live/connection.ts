/**
 * One WebSocket for the whole app: connects, goes on after its last cursor, waits longer each time it fails (1 to 30 s, with
 * a random part), and says `polling` once the feed has not been reached several times, so that pages read by themselves.
 */
import { type LiveMessage, parseMessage } from "@/live/messages";

export type LiveState = "connecting" | "live" | "polling" | "offline";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** Failures in a row after which pages poll. */
const FAILURES_TO_POLL = 2;
/** A connection that brings nothing for so long, not even the `stats` of every second, is dead. */
const SILENCE_MS = 12_000;
const CREDENTIALS_INVALID = 1008;

interface Handlers {
  onMessage: (message: LiveMessage) => void;
  onState: (state: LiveState) => void;
  onSignedOut: () => void;
}

export class LiveConnection {
  readonly #handlers: Handlers;
  readonly #address: string;
  #socket: WebSocket | null = null;
  #cursor: string | null = null;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(address: string, handlers: Handlers) {
    this.#address = address;
    this.#handlers = handlers;
  }

  start(): void {
    this.#stopped = false;
    addEventListener("online", this.#online);
    addEventListener("offline", this.#offline);
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#online);
    removeEventListener("offline", this.#offline);
    clearTimeout(this.#retry);
    this.#drop();
  }

  #online = (): void => {
    clearTimeout(this.#retry);
    this.#connect();
  };

  #offline = (): void => {
    this.#drop();
    this.#handlers.onState("offline");
  };

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect(): void {
    if (this.#stopped) return;
    this.#drop();
    const cursor = this.#cursor === null ? "" : `?cursor=${encodeURIComponent(this.#cursor)}`;
    const socket = new WebSocket(this.#address + cursor);
    this.#socket = socket;
    this.#handlers.onState(this.#failures >= FAILURES_TO_POLL ? "polling" : "connecting");
    this.#listenForSilence(socket);
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === this.#socket) this.#take(socket, event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  #take(socket: WebSocket, data: unknown): void {
    this.#listenForSilence(socket);
    const message = typeof data === "string" ? parseMessage(data) : null;
    if (message === null) return;
    this.#failures = 0;
    this.#cursor = message.cursor;
    this.#handlers.onState("live");
    this.#handlers.onMessage(message);
  }

  #listenForSilence(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (socket !== this.#socket) return;
      this.#drop();
      this.#closed(0);
    }, SILENCE_MS);
  }

  #closed(code: number): void {
    clearTimeout(this.#silence);
    this.#socket = null;
    if (this.#stopped) return;
    if (code === CREDENTIALS_INVALID) {
      this.#handlers.onSignedOut();
      return;
    }
    this.#failures += 1;
    this.#handlers.onState(this.#failures >= FAILURES_TO_POLL ? "polling" : "connecting");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    this.#retry = setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
  }
}
