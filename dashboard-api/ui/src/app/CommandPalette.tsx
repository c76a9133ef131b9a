import { Command } from "cmdk";
import { FileSearch, Moon, Rows3, Search, Sun } from "lucide-react";
import { Dialog as RadixDialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { NAVIGATION, sessionPath, surveyPath } from "@/app/pages";
import { useFocusReturn } from "@/components/useFocusReturn";
import { setAppearance, useAppearance } from "@/lib/appearance";
import { shell } from "@/strings/common";

interface Properties {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Jumps anywhere by typing: pages, one session by its id, searches, appearance. */
export default function CommandPalette({ open, onOpenChange }: Properties) {
  const focusReturn = useFocusReturn();
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <RadixDialog.Content
          aria-describedby={undefined}
          {...focusReturn}
          className="fixed top-[12vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-card border bg-surface shadow-raised"
        >
          <RadixDialog.Title className="sr-only">{shell.paletteLabel}</RadixDialog.Title>
          <Palette onDone={() => onOpenChange(false)} />
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

function Palette({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const { theme, density } = useAppearance();
  const run = (action: () => void) => () => {
    onDone();
    action();
  };
  const go = (to: string) => run(() => void navigate(to));
  const dark = document.documentElement.dataset["theme"] === "dark" || theme === "dark";
  return (
    <Command label={shell.paletteLabel} loop>
      <div className="flex items-center gap-2 border-b px-3.5">
        <Search aria-hidden className="size-4 text-muted" />
        <Command.Input
          value={text}
          onValueChange={setText}
          placeholder={shell.palettePlaceholder}
          className="h-12 w-full bg-transparent outline-none placeholder:text-muted"
        />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-sm text-muted">{shell.paletteEmpty}</Command.Empty>
        <Group heading={shell.palettePages}>
          {NAVIGATION.map(({ to, label, icon: Icon }) => (
            <Item key={to} value={label} onSelect={go(to)} icon={<Icon aria-hidden className="size-4" />} label={label} />
          ))}
        </Group>
        <Group heading={shell.paletteActions}>
          <Item
            value="appearance theme dark light"
            onSelect={run(() => setAppearance({ theme: dark ? "light" : "dark" }))}
            icon={dark ? <Sun aria-hidden className="size-4" /> : <Moon aria-hidden className="size-4" />}
            label={dark ? shell.themeLight : shell.themeDark}
          />
          <Item
            value="density compact comfortable rows"
            onSelect={run(() => setAppearance({ density: density === "compact" ? "comfortable" : "compact" }))}
            icon={<Rows3 aria-hidden className="size-4" />}
            label={density === "compact" ? shell.densityComfortable : shell.densityCompact}
          />
        </Group>
        <Found text={text.trim()} go={go} />
      </Command.List>
    </Command>
  );
}

/** What a typed text may mean besides a page. */
function Found({ text, go }: { text: string; go: (to: string) => () => void }) {
  if (text.length < 2) return null;
  const icon = <FileSearch aria-hidden className="size-4" />;
  return (
    <Group heading={shell.paletteFind}>
      {WHOLE_ID.test(text) ? (
        <Item value={`session ${text}`} onSelect={go(sessionPath(text.toLowerCase()))} icon={icon} label={shell.findSession(text)} />
      ) : null}
      <Item
        value={`sessions ${text}`}
        onSelect={go(`/sessions?${new URLSearchParams({ q: text }).toString()}`)}
        icon={icon}
        label={shell.findSessions(text)}
      />
      <Item value={`survey ${text}`} onSelect={go(surveyPath(text))} icon={icon} label={shell.findSurvey(text)} />
    </Group>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProperties {
  value: string;
  label: string;
  icon: ReactNode;
  onSelect: () => void;
}

function Item({ value, label, icon, onSelect }: ItemProperties) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 py-2 text-sm text-muted data-[selected=true]:bg-accent-soft data-[selected=true]:text-ink"
    >
      {icon}
      <span className="truncate">{label}</span>
    </Command.Item>
  );
}
