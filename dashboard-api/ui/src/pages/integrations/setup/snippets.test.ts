import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { COLLECTOR } from "@/pages/integrations/setup/collector";
import { inHtml, inPython, inScript, inShell } from "@/pages/integrations/setup/escape";
import {
  createIntegration,
  curlSession,
  decipherEnd,
  decipherStyle,
  type Filling,
  genericWebhook,
  qualtricsHeader,
  qualtricsSubscription,
  webPage,
} from "@/pages/integrations/setup/snippets";
import { type Batch, misfits } from "@/pages/integrations/setup/contract.testing";

const filling: Filling = { gateway: "https://in.example.org", key: "pk_live_abcd1234", survey: "SV_9", organisation: "acme" };
const nothing: Filling = { gateway: null, key: null, survey: null, organisation: null };

/** What the gateway's own document says; the paths that snippets call must be there. */
const document_ = "../../ingest-gateway/tests/fixtures/openapi.json";

describe("snippets", () => {
  it("name the organisation's own key, gateway and survey", () => {
    for (const snippet of [qualtricsHeader(filling), decipherStyle(filling), webPage(filling)]) {
      expect(snippet).toContain("https://in.example.org/sdk/v1/candor.js");
      expect(snippet).toContain("pk_live_abcd1234");
      expect(snippet).toContain("SV_9");
      expect(snippet).not.toMatch(/YOUR_|example\.com/);
    }
    expect(createIntegration(filling, "qualtrics")).toContain("--organisation acme --platform qualtrics");
    expect(qualtricsSubscription(filling, "int_1")).toContain("https://in.example.org/api/v1/integrations/webhooks/qualtrics?integration=int_1");
  });

  it("show placeholders for what is not known, and never a secret key", () => {
    expect(curlSession(nothing)).toContain("pk_live_YOUR_KEY");
    for (const snippet of [qualtricsHeader(filling), decipherStyle(filling), webPage(filling), curlSession(filling)]) {
      expect(snippet).not.toContain("sk_");
    }
    expect(decipherEnd(filling)).toContain("sk_live_YOUR_KEY");
  });

  it("hold a typed text where it stands, whatever it is", () => {
    const evil = { ...filling, survey: `"></script>]]><script>alert('x')$(id)` };
    expect(qualtricsHeader(evil).match(/<\/script>/g)).toHaveLength(2);
    expect(decipherStyle(evil).match(/\]\]>/g)).toHaveLength(1);
    expect(inShell("it's; rm")).toBe(String.raw`'it'\''s; rm'`);
    expect(inShell("acme")).toBe("acme");
    expect(inHtml(`"<&>`)).toBe("&quot;&lt;&amp;&gt;");
    expect(JSON.parse(inScript("a]b[$<"))).toBe("a]b[$<");
    expect(inPython("a'b")).toBe(String.raw`a\'b`);
  });

  it("are free of what survey platforms take for their own", () => {
    expect(COLLECTOR).not.toMatch(/[$@[\]]/);
    const inside = decipherStyle(filling).replace("<![CDATA[", "").replace("]]>", "");
    expect(inside).not.toMatch(/[$@[\]]/);
  });

  it("put the address of a webhook into quotes, because it has a question mark", () => {
    expect(genericWebhook(filling, "int_1")).toContain("'https://in.example.org/api/v1/integrations/webhooks/generic?integration=int_1'");
  });

  it.runIf(existsSync(document_))("call only what the gateway's document has", () => {
    const { paths } = JSON.parse(readFileSync(document_, "utf8")) as { paths: Record<string, unknown> };
    const called = [...curlSession(filling).matchAll(/\$GATEWAY(\/[^"]*)"/g)].map(([, path]) => path?.replace("$SESSION", "{id}"));
    expect(called).toHaveLength(3);
    for (const path of called) expect(Object.keys(paths)).toContain(path);
  });
});

describe("the collector", () => {
  afterEach(() => vi.useRealTimers());

  /** Runs the snippet's script in this window, as a page would. */
  function run(): { sent: { url: string; headers: Headers; batch: Batch }[] } {
    const sent: { url: string; headers: Headers; batch: Batch }[] = [];
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      sent.push({ url, headers: new Headers(init.headers), batch: JSON.parse(init.body as string) as Batch });
      return Promise.resolve({ status: 202 });
    });
    const target = window as unknown as Record<string, unknown>;
    delete target["candorCollector"];
    target["candor"] = { ready: Promise.resolve({ sessionId: "0199", token: "it_token" }) };
    const script = COLLECTOR.replace("GATEWAY", '"https://in.example.org"');
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the snippet is a text for other pages; here it is run as one
    new Function(script)();
    return { sent };
  }

  it("sends what the gateway's allow-lists take, with the token in a header, and no typed text", async () => {
    vi.useFakeTimers();
    const { sent } = run();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent[0]?.batch.events.map(({ event_type }) => event_type)).toEqual(["device", "page_view"]);
    document.body.innerHTML = "<button>Next</button><input><input type=password>";
    const [open, secret] = document.querySelectorAll("input");
    document.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: 12, clientY: 7 }));
    for (const input of [open!, secret!]) {
      for (const type of ["keydown", "keyup"]) input.dispatchEvent(new KeyboardEvent(type, { key: "q", code: "KeyQ", bubbles: true }));
    }
    open!.dispatchEvent(new KeyboardEvent("keydown", { key: "AltGraph", code: "AltRight", bubbles: true }));
    open!.dispatchEvent(new KeyboardEvent("keyup", { key: "AltGraph", code: "AltRight", bubbles: true }));
    await vi.advanceTimersByTimeAsync(5000);
    const batches = sent.map(({ batch }) => batch);
    expect(batches.map(({ sequence }) => sequence)).toEqual([0, 1]);
    expect(batches[1]?.events.map(({ event_type, data }) => [event_type, data["key"]])).toEqual([
      ["click", undefined],
      ["keypress", "letter"],
      ["keypress", "alt"],
    ]);
    for (const { url, headers, batch } of sent) {
      expect(url).toBe("https://in.example.org/api/v1/detection/sessions/0199/events");
      expect(headers.get("authorization")).toBe("Bearer it_token");
      expect(misfits(batch.events)).toEqual([]);
    }
    expect(JSON.stringify(batches)).not.toContain("KeyQ");
  });
});
