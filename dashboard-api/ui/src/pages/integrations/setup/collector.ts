/**
 * A small collector for pages, until the SDK's own is there: what the loader's session can be told with plain requests.
 *
 * Typed content never leaves the page: of keys their class and timing, of pastes the length. Batches carry writer and
 * sequence, so that one sent again counts once; what is left when the page goes is sent by `sendBeacon`, which sends no
 * headers, with the token in the address. It has no `$`, `@`, `[` or `]`, which survey platforms take for their own.
 */
export const COLLECTOR = String.raw`(function () {
  "use strict";
  if (window.candorCollector) return;
  window.candorCollector = true;

  var waiting = new Array(), held = new Map(), sequence = 0, batch = null, sending = false, lastMove = 0;
  var writer = "p" + Date.now().toString(36) + Math.random().toString(36).slice(2, 10);
  var address, token;

  // Nothing is kept before there is a session, which waits for consent where that is asked for.
  function add(type, event, data) {
    if (!address) return;
    if (event) data.trusted = event.isTrusted;
    var moment = performance.timeOrigin + (event ? event.timeStamp : performance.now());
    if (waiting.length < 4000) waiting.push({ event_type: type, timestamp: moment, data: data });
  }

  // The class of a key, never the key.
  function keyClass(key) {
    if (key === " ") return "space";
    if (key.length === 1) {
      if (/\d/.test(key)) return "digit";
      return key.toLowerCase() !== key.toUpperCase() ? "letter" : "punctuation";
    }
    if (key.indexOf("Arrow") === 0) return "arrow";
    if (/^(Home|End|PageUp|PageDown)/.test(key)) return "navigation";
    if (/^(Backspace|Delete|Enter|Tab|Escape|Shift|Control|Alt|Meta)/.test(key)) return key.toLowerCase().replace("altgraph", "alt");
    if (key === "CapsLock") return "caps_lock";
    return /^F\d/.test(key) ? "function" : "other";
  }

  function isSecret(event) { return event.target && event.target.type === "password"; }
  function listen(type, take) { window.addEventListener(type, take, { capture: true, passive: true }); }

  listen("pointermove", function (event) {
    if (event.pointerType === "touch" || event.timeStamp - lastMove < 40) return;
    lastMove = event.timeStamp;
    add("mouse_move", event, { x: event.clientX, y: event.clientY, screen_x: event.screenX, screen_y: event.screenY });
  });
  listen("pointerdown", function (event) {
    if (event.pointerType === "touch") add("touch", event, { phase: "start", x: event.clientX, y: event.clientY });
  });
  listen("pointerup", function (event) {
    if (event.pointerType === "touch") add("touch", event, { phase: "end", x: event.clientX, y: event.clientY });
  });
  listen("click", function (event) {
    var box = event.target.getBoundingClientRect();
    add("click", event, {
      x: event.clientX, y: event.clientY, button: "left",
      offset_x: event.clientX - (box.left + box.width / 2), offset_y: event.clientY - (box.top + box.height / 2),
      target_width: box.width, target_height: box.height
    });
  });
  listen("keydown", function (event) {
    if (!isSecret(event) && !event.repeat) held.set(event.code, event.timeStamp);
  });
  listen("keyup", function (event) {
    var from = held.get(event.code);
    held.delete(event.code);
    if (from !== undefined && !isSecret(event)) {
      add("keypress", event, { key: keyClass(event.key || ""), dwell: event.timeStamp - from });
    }
  });
  listen("paste", function (event) {
    var text = event.clipboardData ? event.clipboardData.getData("text") : "";
    if (!isSecret(event)) add("paste", event, { length: text.length, source: "paste" });
  });
  listen("scroll", function (event) {
    if (event.target === document) add("scroll", event, { scroll_x: window.scrollX, scroll_y: window.scrollY });
  });
  listen("focus", function (event) { if (event.target === window) add("focus", event, {}); });
  listen("blur", function (event) { if (event.target === window) add("blur", event, {}); });
  document.addEventListener("visibilitychange", function (event) {
    add("visibility", event, { state: document.visibilityState === "hidden" ? "hidden" : "visible" });
    if (document.visibilityState === "hidden") leave();
  });
  window.addEventListener("pagehide", leave);

  function compose() {
    if (batch === null && waiting.length > 0) {
      batch = JSON.stringify({ writer: writer, sequence: sequence, events: waiting.splice(0, 300) });
      sequence += 1;
    }
    return batch;
  }

  function send() {
    if (sending || compose() === null) return;
    var sent = batch;
    sending = true;
    fetch(address, {
      method: "POST", credentials: "omit", body: sent,
      headers: { "Authorization": "Bearer " + token, "Content-Type": "application/json" }
    }).then(function (answer) {
      // Whatever else was wrong with it would be wrong again.
      if (answer.status !== 429 && answer.status < 500 && batch === sent) batch = null;
    }, function () {}).then(function () { sending = false; });
  }

  // The page goes, perhaps for ever: what waits is handed to the browser, 64 KiB at most.
  function leave() {
    while (compose() !== null) {
      var body = new Blob(new Array(batch), { type: "text/plain" });
      if (!navigator.sendBeacon(address + "?token=" + encodeURIComponent(token), body)) return;
      batch = null;
    }
  }

  function begin() {
    window.candor.ready.then(function (session) {
      address = GATEWAY + "/api/v1/detection/sessions/" + session.sessionId + "/events";
      token = session.token;
      add("device", null, {
        screen_width: screen.width, screen_height: screen.height, viewport_width: window.innerWidth,
        viewport_height: window.innerHeight, pixel_ratio: window.devicePixelRatio, color_depth: screen.colorDepth,
        timezone_offset: new Date().getTimezoneOffset(), touch_points: navigator.maxTouchPoints,
        cores: navigator.hardwareConcurrency, languages: navigator.languages.length, webdriver: navigator.webdriver === true
      });
      add("page_view", null, { page: "page" });
      send();
      window.setInterval(send, 5000);
    }, function () {});
  }
  if (window.candor) begin(); else document.addEventListener("candor:ready", begin, { once: true });
})();`;
