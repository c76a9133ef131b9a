import { Menu as MenuIcon } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Outlet, useLocation } from "react-router";
import { AccountMenu } from "@/app/AccountMenu";
import { LiveBadge } from "@/app/LiveBadge";
import { Mark } from "@/app/Mark";
import { Navigation } from "@/app/Navigation";
import { useGoKeys } from "@/app/useGoKeys";
import { Drawer, IconButton } from "@/components";
import { useHotkey } from "@/lib/useHotkey";
import { common, shell } from "@/strings/common";

// Fetched when they are first opened.
const CommandPalette = lazy(() => import("@/app/CommandPalette"));
const ShortcutsDialog = lazy(() => import("@/app/ShortcutsDialog"));

type Open = "navigation" | "palette" | "shortcuts" | null;

/** The frame around every page: navigation, search, how the live feed stands, account. */
export function Shell() {
  const [open, setOpen] = useState<Open>(null);
  const { pathname } = useLocation();
  const main = useFocusOnNavigation(pathname);
  const close = () => setOpen(null);
  useHotkey("k", () => setOpen("palette"), { mod: true });
  useHotkey("?", () => setOpen("shortcuts"));
  useGoKeys();
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only z-50 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {shell.skip}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-surface lg:flex">
        <Brand />
        <Navigation onSearch={() => setOpen("palette")} />
        <div className="mt-auto flex items-center justify-between gap-2 border-t p-3">
          <LiveBadge />
          <AccountMenu onShortcuts={() => setOpen("shortcuts")} />
        </div>
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b bg-surface/95 px-3 backdrop-blur lg:hidden">
          <IconButton label={shell.openNavigation} icon={MenuIcon} onClick={() => setOpen("navigation")} />
          <Mark className="size-6" />
          <span className="font-semibold">{common.product}</span>
          <span className="ml-auto" />
          <LiveBadge />
          <AccountMenu onShortcuts={() => setOpen("shortcuts")} />
        </header>
        <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-[112rem] px-4 py-6 outline-none sm:px-6 lg:px-8">
          <Outlet />
        </main>
      </div>
      <Drawer open={open === "navigation"} onOpenChange={close} title={common.product}>
        <Navigation onSearch={() => setOpen("palette")} onNavigate={close} />
      </Drawer>
      <Suspense fallback={null}>
        {open === "palette" ? <CommandPalette open onOpenChange={close} /> : null}
        {open === "shortcuts" ? <ShortcutsDialog open onOpenChange={close} /> : null}
      </Suspense>
    </div>
  );
}

function Brand() {
  return (
    <div className="flex items-center gap-2.5 px-4 pt-4 pb-3">
      <Mark className="size-7" />
      <span className="text-[1.05rem] font-semibold tracking-tight">{common.product}</span>
    </div>
  );
}

/** Whoever reads by ear or keyboard begins a new page at its top; the first page is left as the browser shows it. */
function useFocusOnNavigation(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    scrollTo({ top: 0 });
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
