import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { formatShort } from "@/lib/format";
import { focusRing, focusRingInset, quietTransition } from "./classes";

export interface Tab<Value extends string = string> {
  value: Value;
  label: ReactNode;
  count?: number | undefined;
  content: ReactNode;
}

export interface TabsProps<Value extends string> {
  label: string;
  tabs: readonly Tab<Value>[];
  value: Value;
  onValue: (value: Value) => void;
}

export function Tabs<Value extends string>({ label, tabs, value, onValue }: TabsProps<Value>) {
  function choose(chosen: string) {
    const tab = tabs.find((each) => each.value === chosen);
    if (tab) onValue(tab.value);
  }
  return (
    <Radix.Root value={value} onValueChange={choose} className="min-w-0">
      {/* The line lies under the scrolling row, whose last tab keeps its own space at the end. */}
      <div className="overflow-x-auto overflow-y-hidden shadow-[inset_0_-1px_0_var(--line)] [scrollbar-width:thin]">
        <Radix.List aria-label={label} className="flex w-max min-w-full gap-1 pr-4">
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.value}
              value={tab.value}
              onFocus={(event) => event.currentTarget.scrollIntoView({ block: "nearest", inline: "nearest" })}
              className={cx(
                "inline-flex h-10 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-3 text-[13px] whitespace-nowrap text-muted hover:text-ink",
                "data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink",
                focusRingInset,
                quietTransition,
              )}
            >
              {tab.label}
              {tab.count === undefined ? null : (
                <span className="rounded-full bg-sunken px-1.5 text-xs font-normal text-muted tabular-nums">{formatShort(tab.count)}</span>
              )}
            </Radix.Trigger>
          ))}
        </Radix.List>
      </div>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className={cx("rounded-control pt-4", focusRing)}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
