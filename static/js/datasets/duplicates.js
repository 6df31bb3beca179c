// The slider of the page of copies: says what the groups would be before they are made anew.
import { all, maybe, one } from "../dom.js";
import { count } from "../words.js";

/** @param {HTMLElement} form */
function start(form) {
  const counts = maybe(document, "#likeness-counts", HTMLScriptElement);
  if (!counts) return;
  /** @type {{ distance: number, groups: number, images: number }[]} */
  const preview = JSON.parse(counts.text);
  const slider = one(form, "input[type=range]", HTMLInputElement);
  const shown = one(form, "[data-preview]", HTMLElement);
  const show = () => {
    const chosen = Number(slider.value);
    const at = preview.filter(({ distance }) => distance <= chosen).at(-1);
    if (at) shown.textContent = `${chosen}: ${count(at.groups)} groups, ${count(at.images)} images`;
  };
  slider.addEventListener("input", show);
  show();
}

all(document, "[data-likeness]", HTMLElement).forEach(start);
