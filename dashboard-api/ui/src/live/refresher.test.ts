import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refresher } from "@/live/refresher";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a lone message is looked at soon and once more", () => {
  const look = vi.fn();
  new Refresher(look).note();
  vi.advanceTimersByTime(300);
  expect(look).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(800);
  expect(look).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(60_000);
  expect(look).toHaveBeenCalledTimes(2);
});

test("a steady stream is looked at about once a second, and after its end", () => {
  const look = vi.fn();
  const refresher = new Refresher(look);
  for (let passed = 0; passed < 10_000; passed += 50) {
    refresher.note();
    vi.advanceTimersByTime(50);
  }
  expect(look.mock.calls.length).toBeGreaterThanOrEqual(9);
  expect(look.mock.calls.length).toBeLessThanOrEqual(16);
  const before = look.mock.calls.length;
  vi.advanceTimersByTime(2000);
  expect(look.mock.calls.length).toBeGreaterThan(before);
});

test("who has stopped does not look", () => {
  const look = vi.fn();
  const refresher = new Refresher(look);
  refresher.note();
  refresher.stop();
  vi.advanceTimersByTime(5000);
  expect(look).not.toHaveBeenCalled();
});
