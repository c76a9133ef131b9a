import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveConnection, type LiveState } from "@/live/connection";
import type { LiveMessage } from "@/live/messages";

class FakeSocket {
  static made: FakeSocket[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.made.push(this);
  }

  close(): void {
    this.closed = true;
  }
}

const newest = (): FakeSocket => FakeSocket.made.at(-1)!;
const stats = (cursor: string): string => JSON.stringify({ type: "stats", cursor, verdicts: 1 });

const open: LiveConnection[] = [];

function connect() {
  const states: LiveState[] = [];
  const messages: LiveMessage[] = [];
  const onSignedOut = vi.fn();
  const connection = new LiveConnection("ws://candor/ws", {
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    onSignedOut,
  });
  connection.start();
  open.push(connection);
  return { connection, states, messages, onSignedOut };
}

beforeEach(() => {
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.stop();
  vi.useRealTimers();
});

test("messages arrive, and what is no message is passed over", () => {
  const { states, messages } = connect();
  newest().onmessage?.({ data: "{" });
  newest().onmessage?.({ data: JSON.stringify({ type: "of a newer server", cursor: "1" }) });
  newest().onmessage?.({ data: stats("1") });
  expect(messages).toHaveLength(1);
  expect(states.at(-1)).toBe("live");
});

test("it comes back with its cursor, later each time, and says that pages should poll", () => {
  const { states } = connect();
  newest().onmessage?.({ data: stats("a b") });
  newest().onclose?.({ code: 1001 });
  vi.advanceTimersByTime(1300);
  expect(newest().url).toBe("ws://candor/ws?cursor=a%20b");
  newest().onclose?.({ code: 1006 });
  expect(states.at(-1)).toBe("polling");
  const before = FakeSocket.made.length;
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.made).toHaveLength(before);
  vi.advanceTimersByTime(2000);
  expect(FakeSocket.made).toHaveLength(before + 1);
  newest().onmessage?.({ data: stats("c") });
  expect(states.at(-1)).toBe("live");
});

test("a silent connection is given up", () => {
  connect();
  newest().onmessage?.({ data: stats("1") });
  const silent = newest();
  vi.advanceTimersByTime(14_000);
  expect(silent.closed).toBe(true);
  expect(newest()).not.toBe(silent);
});

test("an ended sign-in is not tried again", () => {
  const { onSignedOut } = connect();
  newest().onclose?.({ code: 1008 });
  vi.advanceTimersByTime(60_000);
  expect(onSignedOut).toHaveBeenCalledOnce();
  expect(FakeSocket.made).toHaveLength(1);
});

test("without network nothing is tried until it is back", () => {
  const { states } = connect();
  dispatchEvent(new Event("offline"));
  expect(states.at(-1)).toBe("offline");
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(1);
  dispatchEvent(new Event("online"));
  expect(FakeSocket.made).toHaveLength(2);
});

test("who has stopped hears nothing", () => {
  const { connection, messages } = connect();
  const socket = newest();
  connection.stop();
  socket.onmessage?.({ data: stats("1") });
  socket.onclose?.({ code: 1006 });
  vi.advanceTimersByTime(60_000);
  expect(messages).toHaveLength(0);
  expect(FakeSocket.made).toHaveLength(1);
});
