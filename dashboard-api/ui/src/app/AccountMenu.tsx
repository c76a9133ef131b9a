import { BookText, Keyboard, LogOut, Moon, Rows3, Rows4, Sun, SunMoon, UserRound } from "lucide-react";
import { api } from "@/api/client";
import { IconButton, Menu, type MenuItem } from "@/components";
import { setAppearance, useAppearance } from "@/lib/appearance";
import { shell } from "@/strings/common";

async function signOut(): Promise<void> {
  await api.POST("/api/v1/sign-out");
  location.assign("/");
}

/** Appearance, help and the way out. */
export function AccountMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { theme, density } = useAppearance();
  const items: (MenuItem | "separator")[] = [
    { label: shell.themeLight, icon: Sun, checked: theme === "light", onSelect: () => setAppearance({ theme: "light" }) },
    { label: shell.themeDark, icon: Moon, checked: theme === "dark", onSelect: () => setAppearance({ theme: "dark" }) },
    { label: shell.themeSystem, icon: SunMoon, checked: theme === "system", onSelect: () => setAppearance({ theme: "system" }) },
    "separator",
    {
      label: shell.densityComfortable,
      icon: Rows3,
      checked: density === "comfortable",
      onSelect: () => setAppearance({ density: "comfortable" }),
    },
    {
      label: shell.densityCompact,
      icon: Rows4,
      checked: density === "compact",
      onSelect: () => setAppearance({ density: "compact" }),
    },
    "separator",
    { label: shell.shortcuts, icon: Keyboard, onSelect: onShortcuts },
    { label: shell.apiDocs, icon: BookText, onSelect: () => location.assign("/docs") },
    { label: shell.signOut, icon: LogOut, onSelect: () => void signOut() },
  ];
  return <Menu trigger={<IconButton label={shell.account} icon={UserRound} variant="ghost" />} items={items} />;
}
