/** For tests: answers of the API. */
import type { Delivery, Integration, Status, TestReport } from "@/pages/integrations/queries";

export const integration = (change: Partial<Integration> = {}): Integration => ({
  id: "int_aaaa",
  platform: "qualtrics",
  name: "Panel surveys",
  is_active: true,
  secrets: 1,
  created_at: "2026-11-01T00:00:00Z",
  last_received_at: "2026-11-21T10:00:00Z",
  last_matched: { received_at: "2026-11-21T10:00:00Z", kind: "response_completed", event: "surveyengine.completedResponse" },
  ...change,
});

export const statusOf = (change: Partial<Status> = {}): Status => ({
  can_test: true,
  integrations: [integration()],
  publishable_keys: [{ id: "key_1", name: "Survey pages", is_test: false, hint: "wxyz" }],
  ...change,
});

export const SESSION = "01990000-0000-7000-8000-00000000abcd";

export const deliveryOf = (change: Partial<Delivery> = {}): Delivery => ({
  notice_id: "notice1",
  received_at: "2026-11-21T10:00:00.123456Z",
  integration: "int_aaaa",
  platform: "qualtrics",
  kind: "response_completed",
  outcome: "session_completed",
  event: "surveyengine.completedResponse",
  survey_id: "SV_1",
  response_id: "R_1",
  session_id: SESSION,
  fields: { BrandID: "acme" },
  dropped_fields: 0,
  ...change,
});

export const reportOf = (change: Partial<TestReport> = {}): TestReport => ({
  integration: "int_aaaa",
  platform: "qualtrics",
  request: {
    method: "POST",
    path: "/api/v1/integrations/webhooks/qualtrics?integration=int_aaaa",
    headers: [{ name: "content-type", value: "application/x-www-form-urlencoded" }],
    body: "Topic=a&HMAC=0123456789ab...&MSG=%7B%22Status%22%3A%22Partial%22%7D",
  },
  answer: { status: 200, body: '{"status":"accepted","outcome":"noted"}', is_cut: false, duration_ms: 14 },
  problem: null,
  notice_id: "notice2",
  outcome: "noted",
  log: "stored",
  ...change,
});
