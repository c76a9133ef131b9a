/**
 * Stands in for the package react-style-singleton, which dialogs' scroll locks use: the same contract, but through adopted
 * style sheets instead of `<style>` elements, which the page's policy refuses.
 */
import { useEffect } from "react";

interface Sheet {
  add: (css: string) => void;
  remove: () => void;
}

/** A sheet that is in the document while anybody has added it. */
export function stylesheetSingleton(): Sheet {
  let holders = 0;
  let sheet: CSSStyleSheet | null = null;
  return {
    add(css) {
      if (holders === 0) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      }
      holders += 1;
    },
    remove() {
      holders -= 1;
      if (holders > 0) return;
      const ended = sheet;
      sheet = null;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== ended);
    },
  };
}

/** A hook that keeps the sheet in the document while its component is mounted. */
export function styleHookSingleton(): (styles: string, isDynamic?: boolean) => void {
  const sheet = stylesheetSingleton();
  return function useStyle(styles, isDynamic) {
    const key = isDynamic === true ? styles : null;
    useEffect(() => {
      sheet.add(styles);
      return () => {
        sheet.remove();
      };
      // eslint-disable-next-line react-hooks/exhaustive-deps -- the package's contract: only dynamic styles are renewed
    }, [key]);
  };
}

/** The same as a component. */
export function styleSingleton(): (properties: { styles: string; dynamic?: boolean }) => null {
  const useStyle = styleHookSingleton();
  return function Styles({ styles, dynamic }) {
    useStyle(styles, dynamic);
    return null;
  };
}
