const GAP = 6;
const EDGE = 8;

/** Puts the bubble above the anchor, or below it where there is no room, and keeps it inside the window. */
export function placeTooltip(bubble: HTMLElement, anchor: Element): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const above = at.top - height - GAP;
  const top = above >= EDGE ? above : at.bottom + GAP;
  const centred = at.left + (at.width - width) / 2;
  const left = Math.max(EDGE, Math.min(centred, document.documentElement.clientWidth - width - EDGE));
  bubble.style.top = `${String(Math.round(top))}px`;
  bubble.style.left = `${String(Math.round(left))}px`;
}
