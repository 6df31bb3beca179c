// Where a visitor was in a list: pages that were loaded, and how far it was scrolled. The browser keeps the page itself
// where it can; where it cannot, this brings it back on Back and on a reload.
import { all, maybe } from "../dom.js";

/**
 * What a page of a list keeps: the addresses of the pages that each of its lists had loaded, whether their folds were
 * open, the width of the window, how far it was scrolled, the first image in sight with where it stood, and what had
 * the focus.
 * @typedef {{
 *   pages: string[][], unfolded: (boolean | undefined)[], width: number, y: number,
 *   href?: string | null, top?: number, focused?: string | null,
 * }} Kept
 */

function key() {
  const address = new URL(location.href);
  address.searchParams.delete("image");
  return `place:${address.pathname}${address.search}`;
}

/** @param {{ pages: string[][], unfolded: (boolean | undefined)[] }} place */
export function keepPlace(place) {
  try {
    sessionStorage.setItem(key(), JSON.stringify({ ...place, width: innerWidth, y: scrollY, ...anchor() }));
  } catch {
    // Storage may be forbidden or full; the browser then does what it can.
  }
}

/** @returns {Kept | null} */
export function keptPlace() {
  const [arrival] = performance.getEntriesByType("navigation");
  const isReturn = arrival instanceof PerformanceNavigationTiming && ["back_forward", "reload"].includes(arrival.type);
  if (!isReturn) return null;
  try {
    return JSON.parse(sessionStorage.getItem(key()) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Kept} place */
export function goBackTo(place) {
  const link = linkTo(place.href);
  if (place.width === innerWidth || !link) scrollTo({ top: place.y, behavior: "instant" });
  else scrollBy({ top: link.getBoundingClientRect().top - (place.top ?? 0), behavior: "instant" });
  linkTo(place.focused)?.focus({ preventScroll: true });
}

/** @param {string | null | undefined} address */
function linkTo(address) {
  return address ? maybe(document, `[data-grid] .cell[href="${CSS.escape(address)}"]`, HTMLElement) : null;
}

// The first image in sight: in a window of another width it stands elsewhere, but is what the visitor looked at.
function anchor() {
  const links = all(document, "[data-grid] .cell", HTMLElement);
  const link = links.find((each) => each.getBoundingClientRect().bottom > 0);
  return {
    href: link?.getAttribute("href"),
    top: link?.getBoundingClientRect().top,
    focused: document.activeElement?.closest(".cell")?.getAttribute("href"),
  };
}
