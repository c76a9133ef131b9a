import { useSearchParams } from "react-router";
import { PageHeader, Tabs } from "@/components";
import { AboutTab } from "@/pages/settings/AboutTab";
import { AppearanceTab } from "@/pages/settings/AppearanceTab";
import { RulesetsTab } from "@/pages/settings/RulesetsTab";
import { SurveysTab } from "@/pages/settings/SurveysTab";
import { settings as words } from "@/strings/settings";

const TABS = ["surveys", "rulesets", "appearance", "about"] as const;
type TabName = (typeof TABS)[number];

const isTab = (text: string | null): text is TabName => TABS.some((name) => name === text);

/** What surveys are judged by, which rulesets there are, how the app looks. `?survey=` and `?tab=` say what is shown. */
export default function SettingsPage() {
  const [parameters, setParameters] = useSearchParams();
  const asked = parameters.get("tab");
  const survey = parameters.get("survey");
  const show = (tab: TabName) =>
    setParameters((before) => {
      const next = new URLSearchParams(before);
      if (tab === "surveys") next.delete("tab");
      else next.set("tab", tab);
      return next;
    });
  return (
    <>
      <PageHeader
        title={words.title}
        documentTitle={survey === null ? words.title : `${survey} · ${words.title}`}
        description={words.description}
      />
      <Tabs<TabName>
        label={words.tabsLabel}
        value={isTab(asked) ? asked : "surveys"}
        onValue={show}
        tabs={[
          { value: "surveys", label: words.tabs.surveys, content: <SurveysTab survey={survey === "" ? null : survey} /> },
          { value: "rulesets", label: words.tabs.rulesets, content: <RulesetsTab /> },
          { value: "appearance", label: words.tabs.appearance, content: <AppearanceTab /> },
          { value: "about", label: words.tabs.about, content: <AboutTab /> },
        ]}
      />
    </>
  );
}
