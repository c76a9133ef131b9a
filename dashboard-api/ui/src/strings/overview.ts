/** Texts of the overview. */
export const overview = {
  title: "Overview",
  description: "How the sessions of a period look, and what deserves a look first.",

  counters: {
    verdicts: "With a verdict",
    verdictsHint: (share: string) => `${share} of sessions`,
    events: "Events",
    eventsHint: (mean: string) => `${mean} a session`,
  },

  now: {
    title: "Right now",
    description: "What flows through, whatever the period.",
    events: "Events a second",
    mean: (time: string) => `Mean of the last ${time}`,
    verdicts: "Verdicts a second",
    latencyHalf: "Time to a verdict",
    latencyHalfHint: "Median of running sessions",
    latencyMost: "Time to a verdict",
    latencyMostHint: "19 of 20 are faster",
    unknown: "–",
    course: {
      verdicts: "Verdicts a second, last minutes",
      events: "Events a second, last minutes",
    },
    waiting: "The course of the last minutes appears with the next verdicts.",
    noLive: "The live connection is not there; figures are read again every few seconds.",
    toPipeline: "Pipeline health",
    flagged: (count: string) => `${count} flagged in the last second`,
    watching: (count: string) => `${count} watching`,
  },

  attack: {
    title: "Surveys to look at",
    bySharesDescription: (least: string) => `Highest share of flagged sessions, among surveys with ${least} verdicts or more.`,
    byRiseDescription: (least: string) => `Share of flagged sessions rose most against the period before; ${least} verdicts or more in both.`,
    order: "Order",
    byShare: "Share",
    byRise: "Rise",
    table: "Surveys with the most flagged sessions",
    survey: "Survey",
    share: "Flagged",
    change: "Change",
    sessions: "Sessions",
    risks: "Risks",
    none: "No survey has flagged sessions in this period.",
    noneRose: "In no survey did the share of flagged sessions rise.",
    tooFew: (least: string) => `No survey has ${least} verdicts in this period yet.`,
    flaggedOf: (flagged: string, judged: string) => `${flagged} of ${judged} verdicts`,
    ofNewest: (count: string) => `Among the ${count} surveys with the newest sessions.`,
    all: "All surveys",
  },

  campaigns: {
    title: "Newest campaigns",
    description: "Sessions that have more in common than chance explains. The latest, whatever the period.",
    empty: "Nothing in common was found between sessions. Candor compares devices, pointer paths and typing rhythm.",
  },

  first: {
    title: "No session has arrived yet",
    text: "Once a survey sends its first events, this page fills by itself. Quick start shows how, and can send a test session.",
    action: "Open Quick start",
    integrations: "Connect a platform",
  },
  quiet: {
    title: "No session began in this period",
    text: (when: string) => `The newest session began ${when}.`,
    action: "Show 90 days",
    sessions: "See all sessions",
  },
} as const;
