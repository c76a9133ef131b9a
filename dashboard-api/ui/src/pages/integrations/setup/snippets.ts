/** Every text that somebody copies from these pages, made of what is known; what is not stands as a placeholder. */
import { COLLECTOR } from "@/pages/integrations/setup/collector";
import { inHtml, inPython, inScript, inShell } from "@/pages/integrations/setup/escape";

/** What snippets are filled with; `null` leaves a placeholder. */
export interface Filling {
  gateway: string | null;
  key: string | null;
  survey: string | null;
  organisation: string | null;
}

export const PLACEHOLDERS = {
  gateway: "https://ingest.example.com",
  key: "pk_live_YOUR_KEY",
  organisation: "your-organisation",
} as const;

const SURVEY_PLACEHOLDERS = { qualtrics: "SV_YOUR_SURVEY", decipher: "selfserve/1a2/YOUR_SURVEY", generic: "YOUR_SURVEY" } as const;
export type Platform = keyof typeof SURVEY_PLACEHOLDERS;
export const PLATFORMS: readonly Platform[] = ["qualtrics", "decipher", "generic"];
export const isPlatform = (text: string | null): text is Platform => PLATFORMS.some((platform) => platform === text);

const gatewayOf = (filling: Filling): string => filling.gateway ?? PLACEHOLDERS.gateway;
const keyOf = (filling: Filling): string => filling.key ?? PLACEHOLDERS.key;
const organisationOf = (filling: Filling): string => filling.organisation ?? PLACEHOLDERS.organisation;
const surveyOf = (filling: Filling, platform: Platform): string => filling.survey ?? SURVEY_PLACEHOLDERS[platform];

/** Where a platform's webhooks of one integration go. */
export const webhookAddress = (gateway: string | null, platform: string, id: string): string =>
  `${gateway ?? PLACEHOLDERS.gateway}/api/v1/integrations/webhooks/${platform}?integration=${id}`;

const collectorFor = (filling: Filling): string => COLLECTOR.replace("GATEWAY", () => inScript(gatewayOf(filling)));
const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");

function loaderTag(filling: Filling, platform: Platform): string {
  const attributes = { "data-key": keyOf(filling), "data-survey": surveyOf(filling, platform), "data-platform": platform === "generic" ? "web" : platform };
  const lines = Object.entries(attributes).map(([name, value]) => `        ${name}="${inHtml(value)}"`);
  return `<script src="${inHtml(gatewayOf(filling))}/sdk/v1/candor.js" async\n${lines.join("\n")}></script>`;
}

/** For the header of a Qualtrics survey. */
export const qualtricsHeader = (filling: Filling): string => `${loaderTag(filling, "qualtrics")}
<script>
  // Qualtrics names this session when it tells that the response is complete.
  function keepSession(id) {
    try { Qualtrics.SurveyEngine.setEmbeddedData("ResponseEventContext", id); } catch (_) {}
    try { Qualtrics.SurveyEngine.setJSEmbeddedData("ResponseEventContext", id); } catch (_) {}
  }
  if (window.candor) window.candor.ready.then(function (session) { keepSession(session.sessionId); }, function () {});
  else document.addEventListener("candor:ready", function (event) { keepSession(event.detail.sessionId); });

${indented(collectorFor(filling))}
</script>`;

/** For the top of a Decipher survey's XML. */
export const decipherStyle = (filling: Filling): string => `<style name="global.page.head" wrap="ready"><![CDATA[
  document.addEventListener("candor:ready", function (event) {
    Survey.setPersistent("client_session_id", event.detail.sessionId);
  });
  var loader = document.createElement("script");
  loader.async = true;
  loader.src = ${inScript(`${gatewayOf(filling)}/sdk/v1/candor.js`)};
  loader.setAttribute("data-key", ${inScript(keyOf(filling))});
  loader.setAttribute("data-survey", ${inScript(surveyOf(filling, "decipher"))});
  loader.setAttribute("data-platform", "decipher");
  document.head.appendChild(loader);

${indented(collectorFor(filling))}
]]></style>`;

/** For any page of one's own. */
export const webPage = (filling: Filling): string => `${loaderTag(filling, "generic")}
<script>
${indented(collectorFor(filling))}
</script>`;

export const createIntegration = (filling: Filling, platform: Platform): string =>
  `candor integrations create --organisation ${inShell(organisationOf(filling))} --platform ${platform} \\
  --gateway ${inShell(gatewayOf(filling))}`;

export const createPageKey = (filling: Filling, origin: string, name: string): string =>
  `candor keys create --organisation ${inShell(organisationOf(filling))} --kind publishable \\
  --origin ${inShell(origin)} --name ${inShell(name)}`;

/** A key for trying things out: sessions count as trials, and any page may use it. */
export const createTestKey = (filling: Filling): string =>
  `candor keys create --organisation ${inShell(organisationOf(filling))} --kind publishable --mode test \\
  --name ${inShell("Quick start")}`;

export const createScopedKey = (filling: Filling, scope: "webhooks:write" | "verdicts:read", name: string): string =>
  `candor keys create --organisation ${inShell(organisationOf(filling))} --kind secret --scope ${scope} --name ${inShell(name)}`;

/** Subscribes an address at Qualtrics; data centre, token and shared key stay in the shell. */
export const qualtricsSubscription = (filling: Filling, id: string): string => {
  const body = [
    `  "topics": "surveyengine.completedResponse.${surveyOf(filling, "qualtrics").replaceAll(/[^\w-]/g, "")}",`,
    `  "publicationUrl": "${webhookAddress(filling.gateway, "qualtrics", id)}",`,
    `  "encrypt": false, "sharedKey": "'"$SHARED_KEY"'"`,
  ].join("\n");
  return `curl -X POST "https://$DATACENTER.qualtrics.com/API/v3/eventsubscriptions/" \\
  -H "X-API-TOKEN: $TOKEN" -H 'content-type: application/json' -d '{
${body}
}'`;
};

/** At the end of a Decipher survey. */
export const decipherEnd = (filling: Filling): string => `<exec>
p.CandorParams  = dict(session_id=p.get('client_session_id',''), status='qualified', survey=gv.survey.path, record=record)
p.CandorHeaders = dict(Authorization="Bearer sk_live_YOUR_KEY")
</exec>
<logic label="Candor" api:url="${inHtml(gatewayOf(filling))}/api/v1/integrations/webhooks/decipher" uses="api.1"
       api:params="p.CandorParams" api:headers="p.CandorHeaders"/>`;

/** Asks for the verdict inside a Decipher survey; `origin` is the API's. */
export const decipherVerdict = (origin: string): string => `<exec>
p.VerdictParams  = dict(session_id=p.get('client_session_id',''), ascii='true')
p.VerdictHeaders = dict(Authorization="Bearer sk_live_YOUR_READING_KEY")
</exec>
<logic label="BotCheck" cond="p.get('client_session_id','') != ''" uses="api.1"
       api:url="${inPython(origin)}/api/v1/verdict" api:params="p.VerdictParams" api:headers="p.VerdictHeaders"/>
<exec>bot_data.d1.val = BotCheck.r.get('risk_level','NA')</exec>
<text label="bot_data" optional="0" where="execute,survey,report"><row label="d1">risk_level</row></text>`;

/** A signed webhook of one's own server, by hand. */
export const genericWebhook = (filling: Filling, id: string): string =>
  `BODY='{"type":"response.completed","timestamp":"'$(date -u +%FT%TZ)'","data":{"session_id":"'$SESSION'"}}'
ID=msg_$(date +%s) NOW=$(date +%s)
KEYHEX=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
SIG=$(printf %s "$ID.$NOW.$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEYHEX -binary | base64)
curl -s ${inShell(webhookAddress(filling.gateway, "generic", id)).replace(/^(?!')(.*)$/, "'$1'")} \\
  -H 'content-type: application/json' -H "webhook-id: $ID" -H "webhook-timestamp: $NOW" \\
  -H "webhook-signature: v1,$SIG" -d "$BODY"`;

/** A whole session by curl: begins it, sends events of a few seconds, ends it. */
export const curlSession = (filling: Filling): string => `GATEWAY=${inShell(gatewayOf(filling))}
KEY=${inShell(keyOf(filling))}

# 1. Begin a session; the answer names it and holds a token for it.
STARTED=$(curl -sS "$GATEWAY/api/v1/detection/sessions" -H "Authorization: Bearer $KEY" \\
  -H 'content-type: application/json' -d '{"platform":"web","survey_id":"quick-start"}')
echo "$STARTED"
SESSION=$(printf %s "$STARTED" | sed -n 's/.*"session_id":"\\([^"]*\\)".*/\\1/p')
TOKEN=$(printf %s "$STARTED" | sed -n 's/.*"ingest_token":"\\([^"]*\\)".*/\\1/p')

# 2. Send events: what happened and when, never what was typed.
AT=$(($(date +%s) * 1000))
curl -sS "$GATEWAY/api/v1/detection/sessions/$SESSION/events" -H "Authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' -d '[
  {"event_type":"page_view","timestamp":'$((AT - 9000))',"data":{"page":"welcome"}},
  {"event_type":"mouse_move","timestamp":'$((AT - 7200))',"data":{"x":412,"y":318}},
  {"event_type":"click","timestamp":'$((AT - 7000))',"data":{"x":420,"y":322,"button":"left"}},
  {"event_type":"keypress","timestamp":'$((AT - 4000))',"data":{"key":"letter","dwell":94}},
  {"event_type":"keypress","timestamp":'$((AT - 3730))',"data":{"key":"letter","dwell":81}}
]'

# 3. End it: the final verdict is worked out at once.
curl -sS -X POST "$GATEWAY/api/v1/detection/sessions/$SESSION/complete" -H "Authorization: Bearer $TOKEN"`;
