/** The pages of the app: one list for routes, navigation, palette and keyboard. Each is a chunk of its own. */
import {
  BookOpenCheck,
  ChartNoAxesCombined,
  ClipboardList,
  FlaskConical,
  HeartPulse,
  type LucideIcon,
  Plug,
  Rocket,
  Settings,
  UsersRound,
} from "lucide-react";
import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import { pages as words } from "@/strings/common";

type Page = LazyExoticComponent<ComponentType>;

/** A page's component by its module's default export. */
const page = (load: () => Promise<{ default: ComponentType }>): Page => lazy(load);

export interface NavigationItem {
  to: string;
  label: string;
  icon: LucideIcon;
  /** Pressed after `g`. */
  key?: string;
  group: "analyse" | "operate" | "set-up";
}

export const NAVIGATION: readonly NavigationItem[] = [
  { to: "/overview", label: words.overview, icon: ChartNoAxesCombined, key: "o", group: "analyse" },
  { to: "/sessions", label: words.sessions, icon: UsersRound, key: "s", group: "analyse" },
  { to: "/surveys", label: words.surveys, icon: ClipboardList, key: "u", group: "analyse" },
  { to: "/review", label: words.review, icon: BookOpenCheck, key: "r", group: "analyse" },
  { to: "/pipeline", label: words.pipeline, icon: HeartPulse, key: "p", group: "operate" },
  { to: "/integrations", label: words.integrations, icon: Plug, key: "i", group: "operate" },
  { to: "/quick-start", label: words.quickStart, icon: Rocket, key: "q", group: "set-up" },
  { to: "/playground", label: words.playground, icon: FlaskConical, key: "a", group: "set-up" },
  { to: "/settings", label: words.settings, icon: Settings, key: "e", group: "set-up" },
];

export const ROUTES: readonly { path: string; Page: Page }[] = [
  { path: "overview", Page: page(() => import("@/pages/overview")) },
  { path: "sessions", Page: page(() => import("@/pages/sessions")) },
  { path: "sessions/:id", Page: page(() => import("@/pages/session")) },
  { path: "surveys", Page: page(() => import("@/pages/surveys")) },
  { path: "surveys/:survey", Page: page(() => import("@/pages/survey")) },
  { path: "review", Page: page(() => import("@/pages/review")) },
  { path: "integrations", Page: page(() => import("@/pages/integrations")) },
  { path: "pipeline", Page: page(() => import("@/pages/pipeline")) },
  { path: "quick-start", Page: page(() => import("@/pages/quick-start")) },
  { path: "playground", Page: page(() => import("@/pages/playground")) },
  { path: "settings", Page: page(() => import("@/pages/settings")) },
];

/** The address of a survey's page. Names of surveys may hold anything. */
export const surveyPath = (survey: string): string => `/surveys/${encodeURIComponent(survey)}`;
export const sessionPath = (id: string): string => `/sessions/${id}`;
