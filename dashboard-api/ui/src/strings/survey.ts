/** Texts of one survey's page. */
export const survey = {
  back: "Surveys",
  firstSession: (day: string) => `First session on ${day}, newest`,

  counters: {
    quality: "Low risk",
    qualityHint: (count: string) => `${count} sessions`,
    findings: "In campaigns",
    findingsHint: "Share something with others",
    unknown: "–",
  },

  quality: {
    title: "Quality over time",
    description: "Of the sessions with a verdict, shares of low risk and of flagged ones.",
    label: "Share of low risk and of flagged sessions over time",
  },

  timings: {
    title: "Time on each page",
    description: "Sessions that are not flagged beside those flagged as bots. Equal or very short times on every page are a sign of automation.",
    label: "Time on each page, people beside bots",
    people: "Not flagged",
    bots: "Flagged as bots",
    lookedAt: (count: string, people: string, bots: string) =>
      `From the newest ${count} sessions with a verdict and stored events: ${people} not flagged, ${bots} flagged.`,
    partial: "There are more in this period.",
    none: "No page times are stored for this period. They come from page_view and question_view events, while raw events are kept.",
  },

  campaigns: {
    title: "Campaigns",
    description: "What sessions of this survey have in common. The latest ten, whatever the period.",
    empty: "Nothing in common was found between sessions of this survey.",
  },

  worst: {
    title: "Newest sessions to look at",
    description: "High and critical risk. A flag is a reason to look, not a proof.",
    table: "Newest high and critical sessions",
    session: "Session",
    respondent: "Respondent",
    risk: "Risk",
    class: "Looks like",
    reason: "Strongest reason",
    began: "Began",
    none: "–",
    empty: "No session of high or critical risk in this period.",
    all: "All of them",
    review: "Label them in Review",
  },

  settings: {
    title: "Settings",
    open: "Change settings",
    ruleset: "Rules",
    model: "Learned model",
    noModel: "None",
    own: "Own thresholds",
    ownNone: "None; as the organisation has settled it",
    ownSome: (count: string) => `${count} differ from the rules they are laid over`,
    score: "Flagged from a score of",
    changed: "Last change",
    changedBy: (who: string) => `by ${who}`,
    never: "Never changed",
    pending: "The gateways do not know of the last change yet. New sessions are judged as shown here.",
    note: "Sessions that have begun keep what they began with.",
  },

  report: {
    action: "Download report",
    failed: "The report could not be made",
    done: "The report is in your downloads",
    /** Names of surveys may hold what file names may not. */
    file: (survey: string) => `candor-${survey.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")}.pdf`,
  },

  unknownTitle: (name: string) => `No session of “${name}” was counted`,
  unknownText: "The name may be mistyped, or its first session has not arrived yet. Upper and lower case count.",
  unknownAction: "All surveys",
  unknownStart: "Open Quick start",
  quietTitle: "No session of this survey began in this period",
  quietText: "Choose a longer period to see how it went on before.",
  quietAction: "Show 90 days",
} as const;
