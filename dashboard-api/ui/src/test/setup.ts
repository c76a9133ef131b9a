import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Generous, because the machine that runs the tests also builds.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// happy-dom measures nothing; lists that draw what is visible need a height to draw anything.
Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, get: () => 600 });
Object.defineProperty(HTMLElement.prototype, "offsetWidth", { configurable: true, get: () => 1024 });
Element.prototype.scrollIntoView = () => undefined;

/** No test opens a connection by accident; those that want one put their own in its place. */
class NoSocket {
  onmessage = null;
  onclose = null;
  close(): void {
    // Was never open.
  }
}
vi.stubGlobal("WebSocket", NoSocket);
