// What each saved search finds now, asked for once it comes into view, one search at a time.
import { fetchPage } from "../fragment.js";

let last = Promise.resolve();

/** @param {number} place */
/** @param {HTMLElement} place */
async function fill(place) {
  place.setAttribute("aria-busy", "true");
  try {
    const piece = await fetchPage(place.dataset.glimpse ?? "");
    place.replaceChildren(...piece.body.children);
  } catch {
    const sentence = document.createElement("p");
    sentence.className = "glimpse-said is-warning";
    sentence.textContent = "What it finds did not arrive. Open it to search.";
    place.replaceChildren(sentence);
  }
  place.removeAttribute("aria-busy");
}

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting || !(target instanceof HTMLElement)) continue;
    observer.unobserve(target);
    last = last.then(() => fill(target));
  }
}, { rootMargin: "200px" });

document.querySelectorAll("[data-glimpse]").forEach((place) => observer.observe(place));
