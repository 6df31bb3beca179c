// Every change of a chip loads the page anew; the keyboard goes on where it was, on the page that answers.
import { maybe } from "../dom.js";

const KEY = "chip-focus";

/**
 * `text` is what is asked, and tells the page that answers it from any other; without a `term` the field is meant.
 * @param {string} text
 * @param {string | undefined} term
 * @param {string} control
 */
export function keepFocus(text, term, control) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ text, term, control }));
  } catch {
    // Storage may be forbidden; the new page then begins at its top.
  }
}

/** @returns {{ text: string, term?: string, control: string } | null} */
function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
    return kept;
  } catch {
    return null;
  }
}

/**
 * @param {HTMLElement[]} chips
 * @param {HTMLElement} field
 */
export function focusKept(chips, field) {
  const kept = takeKept();
  if (!kept || kept.text !== new URLSearchParams(location.search).get("q")) return;
  const chip = chips.find((each) => kept.term && each.dataset.term === kept.term);
  ((chip && maybe(chip, kept.control, HTMLElement)) ?? field).focus({ preventScroll: true });
}
