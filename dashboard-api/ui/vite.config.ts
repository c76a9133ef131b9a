import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";
import { withoutStyleTags } from "./build/without-style-tags.ts";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Where `npm run dev` finds the API. */
const API = process.env["CANDOR_API"] ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [react(), tailwindcss(), withoutStyleTags(), compress()],
  resolve: {
    alias: {
      "@": source("./src"),
      // Scroll locks of dialogs: by adopted style sheets, which the page's policy allows.
      "react-style-singleton": source("./src/vendor/style-singleton.ts"),
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    // An empty module polyfill would be an inline script in old Vite versions; every browser we build for has it.
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    strictPort: true,
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/api", "/openapi", "/docs", "/health", "/sdk", "/ws", "^/sign-in\\?"].map((path) => [
        path,
        // The API takes writes of its own pages only; while developing, this server stands for them.
        { target: API, ws: path === "/ws", changeOrigin: true, headers: { origin: API } },
      ]),
    ),
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "build/**/*.test.ts"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // Generous, because the machine that runs them also builds.
    testTimeout: 30_000,
  },
});
