import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * The tests in a real browser, against the real stack: `cargo test -p e2e --test app` starts it and hands over its
 * addresses. Files run one after the other: they share the machine with Kafka and PostgreSQL, and budgets are measured.
 */
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    environment: "node",
    include: ["tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 100 } },
    reporters: ["verbose"],
  },
});
