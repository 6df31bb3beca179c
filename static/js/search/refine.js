// "More like this" and "less like this": the address of the page's question with an image added to it or taken from it.
import { all, maybe } from "../dom.js";

/**
 * @param {string} image
 * @param {string} sign
 */
export function refined(image, sign) {
  const asked = new URLSearchParams(location.search);
  const like = asked.get("like");
  const question = asked.get("q")?.trim() || (like ? `image:${like}` : "");
  asked.set("q", `${question} ${sign} image:${image}`.trim());
  const { dataset } = maybe(document, "[data-dataset]", HTMLElement)?.dataset ?? {};
  if (!asked.has("dataset") && dataset) asked.set("dataset", dataset);
  for (const name of ["like", "cursor", "image"]) asked.delete(name);
  return `${location.pathname}?${asked}`;
}

/**
 * Fills the links of a part of the page that stand for one image; away from a search they say nothing.
 * @param {ParentNode} part
 * @param {string} image
 * @param {string} name
 */
export function refineLinks(part, image, name) {
  for (const link of all(part, "[data-refine]", HTMLAnchorElement)) {
    link.href = refined(image, link.dataset.refine ?? "");
    link.setAttribute("aria-label", `${link.title}: ${name}`);
    link.hidden = false;
  }
}
