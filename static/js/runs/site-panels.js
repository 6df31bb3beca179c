// The panels of the site's state: fetched anew when something changed, at most one request a second, and never while hidden.

const LEAST_PAUSE = 1_000;
const parts = [...document.querySelectorAll("[data-site-part]")];
const address = document.querySelector("[data-site-address]")?.dataset.siteAddress;
let isAsked = false;
let timer = 0;

function replace(part, fresh) {
  // A region that somebody scrolled stays where it is, and what has the focus keeps it.
  const scrolled = [...part.querySelectorAll(".scrolled")].map((region) => region.scrollLeft);
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceChildren(...fresh.childNodes);
  part.querySelectorAll(".scrolled").forEach((region, i) => (region.scrollLeft = scrolled[i] ?? 0));
  if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function fetchPanels() {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.querySelector(`[data-site-part="${part.dataset.sitePart}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML) replace(part, document.importNode(fresh, true));
  }
}

export function refreshPanels() {
  if (!address) return;
  isAsked = true;
  if (timer || document.hidden) return;
  isAsked = false;
  timer = setTimeout(() => {
    timer = 0;
    if (isAsked) refreshPanels();
  }, LEAST_PAUSE);
  fetchPanels().catch(() => {});
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isAsked) refreshPanels();
});
