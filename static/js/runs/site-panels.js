// The panels of the site's state: fetched anew when something changed, at most one request a second, and never while
// hidden.
import { all, maybe } from "../dom.js";
import { fetchPage, replaceIfChanged } from "../fragment.js";

const LEAST_PAUSE = 1_000;
const parts = all(document, "[data-site-part]", HTMLElement);
const address = maybe(document, "[data-site-address]", HTMLElement)?.dataset.siteAddress;
let isAsked = false;
let timer = 0;

/** @param {string} from */
async function fetchPanels(from) {
  const page = await fetchPage(from);
  for (const part of parts) replaceIfChanged(part, page.querySelector(`[data-site-part="${part.dataset.sitePart}"]`));
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
  fetchPanels(address).catch(() => {});
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isAsked) refreshPanels();
});
