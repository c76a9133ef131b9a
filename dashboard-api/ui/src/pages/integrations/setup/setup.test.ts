import { describe, expect, it } from "vitest";
import { isPlain, originOf } from "@/pages/integrations/setup/gateway";
import { isForbidden, keyTextOf, knownKey } from "@/pages/integrations/setup/keys";

describe("a text in the key's field", () => {
  it("is told by its beginning", () => {
    expect(["", "pk_", "pk_live_", "pk_live_abcd1234", "sk_live_x", "it_x", "whsec_x", "hello"].map(keyTextOf)).toEqual([
      "empty",
      "beginning",
      "beginning",
      "publishable",
      "secret",
      "token",
      "webhook_secret",
      "other",
    ]);
    expect(isForbidden(keyTextOf(" sk_test_1"))).toBe(true);
    expect(isForbidden(keyTextOf("pk_test_1234"))).toBe(false);
  });

  it("is recognised by its last characters", () => {
    const keys = [{ hint: "1234" }, { hint: "wxyz" }];
    expect(knownKey("pk_live_abcdwxyz", keys)).toBe(keys[1]);
    expect(knownKey("pk_live_abcd0000", keys)).toBeUndefined();
    expect(knownKey("sk_live_abcdwxyz", keys)).toBeUndefined();
  });
});

describe("a gateway's address", () => {
  it("is an origin and nothing more", () => {
    expect(originOf(" https://in.example.org/ ")).toBe("https://in.example.org");
    expect(originOf("http://127.0.0.1:8080")).toBe("http://127.0.0.1:8080");
    for (const bad of ["", "in.example.org", "ftp://x", "https://x/path", "https://u@x", "javascript:alert(1)"]) expect(originOf(bad)).toBeNull();
    expect(isPlain("http://x")).toBe(true);
  });
});
