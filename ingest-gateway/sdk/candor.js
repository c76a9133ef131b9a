/*! Candor loader 0.1.0, Apache-2.0.
 *  Opens one session for this tab and says so. It records nothing: no key, no pointer, no page.
 *  <script src="https://HOST/sdk/v1/candor.js" data-key="pk_live_..." data-survey="SV_1" async></script>
 *  Also data-platform, data-respondent; data-consent="required" waits for candor.consent().
 */
(function (window, document) {
  "use strict";
  var script = document.currentScript;
  if (!script || window.candor) return;

  var ATTEMPTS = 6, MARGIN_MS = 60000;
  var data = script.dataset;
  var url = new URL(script.src).origin + "/api/v1/detection/sessions";
  var description = { platform: data.platform, survey_id: data.survey, respondent_id: data.respondent };
  var shelf = "candor.v1|" + [url, data.key, data.platform, data.survey, data.respondent].join("|");

  // Storage can be forbidden; then a reload is another session.
  function remembered() {
    try {
      var session = JSON.parse(window.sessionStorage.getItem(shelf));
      return session && Date.parse(session.expiresAt) > Date.now() + MARGIN_MS ? session : null;
    } catch (_) { return null; }
  }
  function remember(session) {
    try { window.sessionStorage.setItem(shelf, JSON.stringify(session)); } catch (_) {}
    return session;
  }

  // A UUIDv7: the gateway makes the session's id of it, so that a retry is the same session.
  function retryKey() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(10)), random = "";
    for (var i = 0; i < 10; i++) random += ("0" + bytes[i].toString(16)).slice(-2);
    var time = ("000000000000" + Date.now().toString(16)).slice(-12);
    return [time.slice(0, 8), time.slice(8), "7" + random.slice(0, 3),
      "89ab".charAt(bytes[9] & 3) + random.slice(3, 6), random.slice(6, 18)].join("-");
  }

  function problem(code, status) {
    var error = new Error("candor: " + code);
    error.code = code;
    error.status = status || 0;
    return error;
  }

  function open(attempt, key) {
    function again(wait, error) {
      if (attempt >= ATTEMPTS) throw error;
      // Twice as long each time, up to a quarter more, so that many pages do not ask in step.
      var backoff = 1000 * Math.pow(2, attempt - 1) * (1 + Math.random() / 4);
      return new Promise(function (resolve) {
        window.setTimeout(resolve, Math.max(backoff, (Number(wait) || 0) * 1000));
      }).then(function () { return open(attempt + 1, key); });
    }
    return window.fetch(url, {
      method: "POST",
      credentials: "omit",
      headers: { "Authorization": "Bearer " + data.key, "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(description)
    }).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (body) {
        if (answer.ok) return { sessionId: body.session_id, token: body.ingest_token, expiresAt: body.expires_at };
        var error = problem(body.code || "unexpected_answer", answer.status);
        if (answer.status === 429 || answer.status >= 500) return again(answer.headers.get("Retry-After"), error);
        throw error;
      });
    }, function () { return again(0, problem("unreachable")); });
  }

  function tell(type, detail) {
    document.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: detail }));
  }

  var agree, agreed = new Promise(function (resolve) { agree = resolve; });
  if (data.consent !== "required") agree();

  var ready = agreed.then(function () {
    if (!data.key) throw problem("key_missing");
    return remembered() || open(1, retryKey()).then(remember);
  });
  ready.then(
    function (session) { tell("candor:ready", { sessionId: session.sessionId }); },
    function (error) { tell("candor:error", { code: error.code || "failed", status: error.status || 0 }); }
  );
  window.candor = { version: "0.1.0", ready: ready, consent: function () { agree(); } };
})(window, document);
