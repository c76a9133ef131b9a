import type { Plugin } from "vite";

/**
 * sonner puts its style sheet into a `<style>` element when it is loaded, which the page's policy refuses; the app imports
 * the same sheet as a file instead. Ends the build when a new version does it in another way, so that nobody finds out
 * by the browser's console.
 */
export function withoutStyleTags(): Plugin {
  return {
    name: "candor-without-style-tags",
    transform(code, id) {
      if (!/node_modules\/sonner\/dist\/index\.(m?js)$/.test(id.split("?")[0] ?? id)) return null;
      if (!code.includes("\n__insertCSS(")) this.error("sonner inserts its styles differently now");
      return { code: code.replace("\n__insertCSS(", "\nvoid ("), map: null };
    },
  };
}
