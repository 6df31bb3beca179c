// Where a visitor was in a list: pages that were loaded, and how far it was scrolled. The browser keeps the page itself
// where it can; where it cannot, this brings it back on Back and on a reload.

function key() {
  const address = new URL(location.href);
  address.searchParams.delete("image");
  return `place:${address.pathname}${address.search}`;
}

export function keepPlace(place) {
  try {
    sessionStorage.setItem(key(), JSON.stringify({ ...place, width: innerWidth, y: scrollY, ...anchor() }));
  } catch {
    // Storage may be forbidden or full; the browser then does what it can.
  }
}

export function keptPlace() {
  const [arrival] = performance.getEntriesByType("navigation");
  if (!["back_forward", "reload"].includes(arrival?.type)) return null;
  try {
    return JSON.parse(sessionStorage.getItem(key()));
  } catch {
    return null;
  }
}

export function goBackTo(place) {
  const link = place.href && document.querySelector(`[data-grid] .cell[href="${CSS.escape(place.href)}"]`);
  if (place.width === innerWidth || !link) scrollTo({ top: place.y, behavior: "instant" });
  else scrollBy({ top: link.getBoundingClientRect().top - place.top, behavior: "instant" });
  const focused = place.focused && document.querySelector(`[data-grid] .cell[href="${CSS.escape(place.focused)}"]`);
  focused?.focus({ preventScroll: true });
}

// The first image in sight: in a window of another width it stands elsewhere, but is what the visitor looked at.
function anchor() {
  const link = [...document.querySelectorAll("[data-grid] .cell")].find((one) => one.getBoundingClientRect().bottom > 0);
  return {
    href: link?.getAttribute("href"),
    top: link?.getBoundingClientRect().top,
    focused: document.activeElement?.closest?.(".cell")?.getAttribute("href"),
  };
}
