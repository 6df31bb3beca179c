// A grid of images: one stop for Tab, arrows by where the images stand, placeholders for those that have not arrived.
// Style sheets alone lay the rows out, so all this, and the modules that build on it, can begin after the first paint.
import { all, around, maybe } from "../dom.js";
import { painted } from "../search/after-paint.js";
import { paint } from "./thumbhash.js";

/** @param {HTMLElement} grid */
function linksOf(grid) {
  return all(grid, ":scope > li > .cell", HTMLElement);
}

/** @param {HTMLElement} item */
export function isFolded(item) {
  return item.closest("details:not([open])") !== null;
}

/**
 * Only the controls of the current image can be reached by Tab.
 * @param {HTMLElement} item
 */
export function setStops(item) {
  const index = "current" in item.dataset ? 0 : -1;
  all(item, "a, button, input", HTMLElement).forEach((control) => { control.tabIndex = index; });
}

/**
 * @param {HTMLElement} grid
 * @param {HTMLElement} item
 */
function makeCurrent(grid, item) {
  const before = maybe(grid, ":scope > li[data-current]", HTMLElement);
  if (before === item) return;
  if (before) {
    delete before.dataset.current;
    setStops(before);
  }
  item.dataset.current = "";
  setStops(item);
}

/**
 * Items that were added to a grid later become like those that stood there.
 * @param {HTMLElement[]} items
 */
export function adopt(items) {
  items.forEach(setStops);
  paint(items);
  for (const grid of new Set(items.map((item) => item.parentElement))) {
    const first = grid && maybe(grid, ":scope > li", HTMLElement);
    if (first && !grid.querySelector(":scope > [data-current]")) makeCurrent(grid, first);
  }
}

/** @typedef {{ link: HTMLElement, box: DOMRect }} Placed */

/**
 * Where the item of a link stands: a chosen image is smaller than its place.
 * @param {HTMLElement} link
 */
function placeOf(link) {
  return (link.parentElement ?? link).getBoundingClientRect();
}

/**
 * @param {HTMLElement[]} links
 * @param {HTMLElement} from
 * @param {number} direction
 */
function nearestInNextRow(links, from, direction) {
  const start = placeOf(from);
  const middle = start.left + start.width / 2;
  const boxes = links.map((link) => ({ link, box: placeOf(link) }));
  const beyond = boxes.filter(({ box }) => (box.top - start.top) * direction > 1);
  if (!beyond.length) return null;
  const tops = beyond.map(({ box }) => box.top);
  const row = direction > 0 ? Math.min(...tops) : Math.max(...tops);
  const inRow = beyond.filter(({ box }) => Math.abs(box.top - row) < 1);
  /** @param {Placed} item */
  const distance = ({ box }) => Math.abs(box.left + box.width / 2 - middle);
  return inRow.reduce((best, item) => (distance(item) < distance(best) ? item : best)).link;
}

/**
 * @param {HTMLElement[]} links
 * @param {HTMLElement} from
 * @param {string} key
 */
function target(links, from, key) {
  const index = links.indexOf(from);
  switch (key) {
    case "ArrowLeft": return links[index - 1];
    case "ArrowRight": return links[index + 1];
    case "ArrowUp": return nearestInNextRow(links, from, -1);
    case "ArrowDown": return nearestInNextRow(links, from, 1);
    case "Home": return links[0];
    case "End": return links.at(-1);
    default: return null;
  }
}

/**
 * @param {HTMLElement} grid
 * @param {KeyboardEvent} event
 */
function onKey(grid, event) {
  const from = around(event, ".cell", HTMLElement);
  if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "s" || event.key === "S") {
    if (from.parentElement) maybe(from.parentElement, ".similar", HTMLElement)?.click();
    return;
  }
  const next = target(linksOf(grid), from, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** @param {HTMLElement} grid */
function start(grid) {
  grid.addEventListener("focusin", (event) => {
    const item = around(event, "li", HTMLElement);
    if (item) makeCurrent(grid, item);
  });
  grid.addEventListener("keydown", (event) => onKey(grid, event));
  adopt(all(grid, ":scope > :has(.cell)", HTMLElement));
}

await painted;
all(document, "[data-grid]", HTMLElement).forEach(start);
