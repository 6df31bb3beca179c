// Parts of pages that the server renders again: fetched, parsed, and put in place of what was there if they differ.
import { request } from "./http.js";

/**
 * The document at an address, which runs no scripts. Raises a RequestFailed where it is not there.
 * @param {string} address
 * @param {string} [failure]
 */
export async function fetchPage(address, failure = "The server answered {status}.") {
  const response = await request(address, failure, { accept: "text/html" });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * Puts the children of `fresh` in place of those of `part`; what stays the same is not touched, so that a selection in
 * it survives. A region that somebody scrolled stays where it is, and the link that has the focus keeps it.
 * @param {Element} part
 * @param {Element | null} fresh
 */
export function replaceIfChanged(part, fresh) {
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  const scrolled = [...part.querySelectorAll(".scrolled")].map((region) => region.scrollLeft);
  const focused = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  part.replaceChildren(...document.importNode(fresh, true).childNodes);
  part.querySelectorAll(".scrolled").forEach((region, i) => { region.scrollLeft = scrolled[i] ?? 0; });
  const link = focused && part.querySelector(`[href="${CSS.escape(focused)}"]`);
  if (link instanceof HTMLElement) link.focus({ preventScroll: true });
}
