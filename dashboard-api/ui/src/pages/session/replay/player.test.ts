import { describe, expect, it, vi } from "vitest";
import { advance, pausesOf, Player } from "@/pages/session/replay/player";

describe("pauses", () => {
  it("are long stretches without activity, with their edges kept", () => {
    expect(pausesOf([0, 1000, 9000], 9500)).toEqual([{ from: 1400, to: 8600 }]);
    expect(pausesOf([5000], 5000)).toEqual([{ from: 400, to: 4600 }]);
    expect(pausesOf([], 1000)).toEqual([]);
  });

  it("are jumped over once they are reached", () => {
    const gaps = [{ from: 100, to: 900 }];
    expect(advance(0, 50, gaps)).toBe(50);
    expect(advance(0, 150, gaps)).toBe(950);
    expect(advance(500, 10, gaps)).toBe(910);
    expect(advance(900, 10, gaps)).toBe(910);
    expect(advance(0, 150, [])).toBe(150);
  });
});

function loaded(duration = 10_000): Player {
  const player = new Player();
  player.load({ duration, times: [0, 1000, 8000, 9000] });
  return player;
}

describe("Player", () => {
  it("plays at its speed, leaves pauses out and stops at the end", () => {
    const player = loaded();
    player.setSpeed(2);
    player.play();
    player.tick(500);
    expect(player.time).toBe(1000);
    player.tick(300);
    expect(player.time).toBe(7800);
    player.setSkipPauses(false);
    player.tick(100_000);
    expect([player.time, player.state.playing]).toEqual([10_000, false]);
  });

  it("begins again from the end, and never leaves its bounds", () => {
    const player = loaded();
    player.seek(99_999);
    expect(player.time).toBe(10_000);
    player.play();
    expect(player.time).toBe(0);
    player.step(-1000);
    expect(player.time).toBe(0);
    player.tick(16);
    expect(player.time).toBe(16);
  });

  it("stays at the end of a session that goes on, and elsewhere otherwise", () => {
    const player = loaded();
    player.seek(10_000);
    player.load({ duration: 12_000, times: [], follow: true });
    expect(player.time).toBe(12_000);
    player.seek(500);
    player.load({ duration: 13_000, times: [], follow: true });
    expect(player.time).toBe(500);
  });

  it("does nothing without anything to play, and tells only changes", () => {
    const player = new Player();
    player.play();
    expect(player.state.playing).toBe(false);
    const onState = vi.fn();
    const stop = player.onState(onState);
    player.setSpeed(1);
    expect(onState).not.toHaveBeenCalled();
    player.setSpeed(4);
    expect(onState).toHaveBeenCalledTimes(1);
    stop();
    player.setSpeed(8);
    expect(onState).toHaveBeenCalledTimes(1);
  });
});
