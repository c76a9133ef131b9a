// Runs before the first paint, so that nobody in a dark room is shown a white page first. The same rule stands in
// src/lib/appearance.ts; it is a file of its own because the page's policy allows no inline script.
(function () {
  var wanted = {};
  try {
    wanted = JSON.parse(localStorage.getItem("candor.appearance") || "{}");
  } catch {
    wanted = {};
  }
  var dark = wanted.theme === "dark" || (wanted.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.density = wanted.density === "compact" ? "compact" : "comfortable";
})();
