import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "@/lib/cx";
import { floatingPanel } from "./classes";
import { ignoreBorrowedFocus, ignoreToasts } from "./keepOpen";
import { useOverlayContainer } from "./overlayContainer";

export interface MenuItem {
  label: string;
  icon?: LucideIcon | undefined;
  onSelect?: (() => void) | undefined;
  to?: string | undefined;
  danger?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Given: the item is a choice that is on or off. */
  checked?: boolean | undefined;
}

export interface MenuProps {
  trigger: ReactElement;
  items: (MenuItem | "separator")[];
  align?: "start" | "center" | "end" | undefined;
}

const itemClass =
  "flex min-h-8 w-full cursor-pointer items-center gap-2 rounded-control px-2 text-[13px] no-underline outline-none select-none " +
  "data-highlighted:bg-raised data-disabled:cursor-not-allowed data-disabled:opacity-50";

export function Menu({ trigger, items, align = "end" }: MenuProps) {
  const container = useOverlayContainer();
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          onFocusOutside={ignoreBorrowedFocus}
          onPointerDownOutside={ignoreToasts}
          className={cx(
            floatingPanel,
            "max-h-(--radix-dropdown-menu-content-available-height) min-w-44 max-w-[min(20rem,calc(100vw-1rem))] overflow-auto p-1",
          )}
        >
          {items.map((item, index) =>
            item === "separator" ? (
              <Radix.Separator key={`separator-${index}`} className="mx-1 my-1 h-px bg-line" />
            ) : (
              <Item key={`${item.label}-${index}`} item={item} />
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Item({ item }: { item: MenuItem }) {
  const className = cx(itemClass, item.danger ? "text-bad" : "text-ink");
  const select = () => item.onSelect?.();
  const disabled = item.disabled ?? false;
  const content: ReactNode = (
    <>
      {item.icon ? <item.icon aria-hidden className="size-4 shrink-0 text-faint" /> : null}
      <span className="min-w-0 flex-1 truncate">{item.label}</span>
    </>
  );
  if (item.checked !== undefined) {
    return (
      <Radix.CheckboxItem className={className} checked={item.checked} disabled={disabled} onSelect={select}>
        {content}
        <span className="size-4 shrink-0 text-accent">
          <Radix.ItemIndicator>
            <Check aria-hidden className="size-4" />
          </Radix.ItemIndicator>
        </span>
      </Radix.CheckboxItem>
    );
  }
  if (item.to !== undefined && !disabled) {
    return (
      <Radix.Item asChild onSelect={select}>
        <Link to={item.to} className={className}>{content}</Link>
      </Radix.Item>
    );
  }
  return (
    <Radix.Item className={className} disabled={disabled} onSelect={select}>
      {content}
    </Radix.Item>
  );
}
