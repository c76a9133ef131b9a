import { Moon, Rows3, Rows4, Sun, SunMoon } from "lucide-react";
import { Card, Segmented } from "@/components";
import { setAppearance, useAppearance } from "@/lib/appearance";
import { settings as words } from "@/strings/settings";

const { themes, densities } = words.appearance;

/** Theme and density, kept in this browser. */
export function AppearanceTab() {
  const { theme, density } = useAppearance();
  return (
    <Card title={words.appearance.title} description={words.appearance.description} className="max-w-3xl">
      <dl className="grid gap-x-8 gap-y-5 text-[13px] sm:grid-cols-[8rem_minmax(0,1fr)]">
        <dt className="font-medium">{words.appearance.theme}</dt>
        <dd>
          <Segmented
            label={words.appearance.theme}
            options={[
              { value: "system", label: themes.system, icon: SunMoon },
              { value: "light", label: themes.light, icon: Sun },
              { value: "dark", label: themes.dark, icon: Moon },
            ]}
            value={theme}
            onValue={(chosen) => setAppearance({ theme: chosen })}
          />
        </dd>
        <dt className="font-medium">{words.appearance.density}</dt>
        <dd>
          <Segmented
            label={words.appearance.density}
            options={[
              { value: "comfortable", label: densities.comfortable, icon: Rows3 },
              { value: "compact", label: densities.compact, icon: Rows4 },
            ]}
            value={density}
            onValue={(chosen) => setAppearance({ density: chosen })}
          />
          <p className="mt-1.5 text-xs text-muted">{words.appearance.densityHint}</p>
        </dd>
      </dl>
    </Card>
  );
}
