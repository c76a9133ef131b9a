/** Words of the set-up guides. Between backticks stands what is typed or named as it is. */

export const guides = {
  platform: "Platform",
  steps: (platform: string) => `Connect ${platform}`,
  stepOf: (step: number, title: string) => `${String(step)}. ${title}`,
  madeAlready: (name: string) => `You have ${name}. Its address:`,
  chooseIntegration: "Integration that the snippets name",
  newIntegration: "A new one",
  address: "Webhook address",
  notVerified: "Not verified by us",
  testIt: "Send a test webhook",
  readLog: "Read the delivery log",
  policy:
    "A page with a content security policy needs the gateway's origin in `script-src` and `connect-src`. For consent, add `data-consent=\"required\"` to the tag and call `candor.consent()`: before that nothing is sent or stored.",
  collector:
    "The loader opens the session. The code below it sends pointer, scroll, focus, and of keys their class and timing: never what is typed. It does not know questions; Candor's own collector will take its place.",
} as const;

export const qualtricsGuide = {
  intro: "Qualtrics signs what it sends with a shared key and names the session in `ResponseEventContext`.",
  make: {
    title: "Make the integration",
    text: "On the machine that runs Candor. It prints the webhook address and, once, the shared key: keep it for step 5.",
    code: "Make the integration",
  },
  key: {
    title: "Make a publishable key for your survey pages",
    text: "The origin is the one of your surveys' addresses. Paste the key above, and the snippets below name it.",
    code: "Make a publishable key",
    origin: "https://YOUR_BRAND.qualtrics.com",
    name: "Qualtrics surveys",
  },
  field: {
    title: "Declare the field that names the session",
    text: "At the top of the survey flow add embedded data of the name `ResponseEventContext`, without a value. It holds 50 characters; a session id has 36.",
    newLayout:
      "In the New Survey Taking Experience scripts write to fields that begin with `__js_`: declare `__js_ResponseEventContext` as well, and at the end of the flow set `ResponseEventContext` to `${e://Field/__js_ResponseEventContext}`.",
  },
  header: {
    title: "Put the code into the header",
    text: "Look and feel → General → Header, as HTML source, so that it stands on every page. JavaScript needs a paid plan.",
    code: "Header of the survey",
    respondent:
      "To name respondents by your panel's id, add `data-respondent=\"${e://Field/PROLIFIC_PID}\"`. Leave it out where the field may be empty: an empty name is refused.",
  },
  subscribe: {
    title: "Subscribe to completed responses",
    text: "As a brand administrator, with your data centre, your API token and the shared key of step 1 in the shell's variables. `encrypt` must stay off; without `sharedKey` everything is refused.",
    code: "Subscribe at Qualtrics",
  },
  verdict: {
    title: "Branch on the verdict inside the survey (if you want to)",
    text: "In the survey flow add a Web Service element. Map `risk_level`, `action` and `reason_1` of its answer to embedded data. The key reads verdicts and nothing else; store it as a credential, never in the address.",
    code: "Make a reading key",
    address: "Address of the Web Service element (GET)",
    keyName: "Qualtrics Web Service",
  },
  check: {
    title: "Check it",
    text: "A test shows that address and shared key fit. Then answer the survey once yourself: a delivery with the outcome “Session ended” says that the field arrives, too.",
  },
  unverified:
    "For want of a Qualtrics account: that `ResponseEventContext` arrives as a page's script sets it, and how often Qualtrics sends a refused delivery again.",
} as const;

export const decipherGuide = {
  intro: "Decipher has no webhook of its own: the survey calls Candor from its logic. Forsta must allow the gateway's host (`api.txt`).",
  make: {
    title: "Make the integration and a key for the survey",
    text: "On the machine that runs Candor. The integration has no secret; the key may send webhooks and nothing else.",
    code: "Make the integration",
    keyCode: "Make the survey's key",
    keyName: "Decipher survey",
  },
  key: {
    title: "Make a publishable key for your survey pages",
    text: "The origin is the one of your surveys' addresses. Paste the key above, and the snippets below name it.",
    code: "Make a publishable key",
    origin: "https://YOUR_HOST.decipherinc.com",
    name: "Decipher surveys",
  },
  page: {
    title: "Put the code into the survey's XML",
    text: "Right after the `<survey>` tag. It opens the session on every page and keeps its id in `p.client_session_id`, when the respondent submits a page.",
    code: "In the survey's XML",
  },
  end: {
    title: "Tell the end of the response",
    text: "At the end of the survey, with the survey's key of step 1. `status` may be `qualified`, `terminated` or `overquota`; each ends the session. Where headers cannot be set, pass the session's ingest token as the parameter `token`. Keys in an address are refused.",
    code: "At the end of the survey",
  },
  verdict: {
    title: "Branch on the verdict inside the survey (if you want to)",
    text: "The key reads verdicts and nothing else. `ascii` is for Python 2. The answer has `risk_level`, `action`, `confidence` and up to three reasons.",
    keyCode: "Make a reading key",
    keyName: "Decipher verdicts",
    code: "Ask for the verdict",
  },
  check: {
    title: "Check it",
    text: "A test plays a partial response, which is noted. Then answer the survey once yourself and look for “Session ended” in the log.",
  },
  unverified:
    "For want of a Decipher account: these snippets in a live survey, the names `gv.survey.path` and `record`, and whether `api:headers` is available in your version.",
} as const;

export const genericGuide = {
  intro: "For any server of your own: Standard Webhooks 1.0.0, which has libraries for most languages.",
  make: {
    title: "Make the integration",
    text: "On the machine that runs Candor. It prints the webhook address and, once, a secret that begins with `whsec_`.",
    code: "Make the integration",
  },
  key: {
    title: "Make a publishable key for your pages",
    text: "The origin is the one of the pages that people answer on. Paste the key above, and the snippets below name it.",
    code: "Make a publishable key",
    origin: "https://surveys.example.com",
    name: "Survey pages",
  },
  page: {
    title: "Put the code on the pages",
    text: "`candor.ready` is a promise of `{sessionId, token, expiresAt}`: send `sessionId` to your server with the answers, so that it can name the session.",
    code: "On every page",
  },
  send: {
    title: "Tell the end of the response",
    text: "`session.completed` and `response.completed` end the session; every other type is noted. The signature covers id, time and body; the time may differ by five minutes from the gateway's. Send again with the same `webhook-id` until it is answered 2xx.",
    code: "A signed webhook by hand",
  },
  check: {
    title: "Check it",
    text: "A test shows that address and secret fit. Then send one of your own and look for it in the log.",
  },
} as const;
