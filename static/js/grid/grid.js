// A grid of images: one stop for Tab, arrows by where the images stand, placeholders for those that have not arrived.
// Style sheets alone lay the rows out, so all this, and the modules that build on it, can begin after the first paint.
import { painted } from "../search/after-paint.js";
import { paint } from "./thumbhash.js";

function linksOf(grid) {
  return [...grid.querySelectorAll(":scope > li > .cell")];
}

export function isFolded(item) {
  return item.closest("details:not([open])") !== null;
}

// Only the controls of the current image can be reached by Tab.
export function setStops(item) {
  const index = "current" in item.dataset ? 0 : -1;
  item.querySelectorAll("a, button, input").forEach((control) => { control.tabIndex = index; });
}

function makeCurrent(grid, item) {
  const before = grid.querySelector(":scope > li[data-current]");
  if (before === item) return;
  if (before) {
    delete before.dataset.current;
    setStops(before);
  }
  item.dataset.current = "";
  setStops(item);
}

// Items that were added to a grid later become like those that stood there.
export function adopt(items) {
  items.forEach(setStops);
  paint(items);
  for (const grid of new Set(items.map((item) => item.parentElement))) {
    if (!grid.querySelector(":scope > [data-current]")) makeCurrent(grid, grid.querySelector(":scope > li"));
  }
}

function nearestInNextRow(links, from, direction) {
  // Of the items: a chosen image is smaller than its place.
  const start = from.parentElement.getBoundingClientRect();
  const middle = start.left + start.width / 2;
  const boxes = links.map((link) => ({ link, box: link.parentElement.getBoundingClientRect() }));
  const beyond = boxes.filter(({ box }) => (box.top - start.top) * direction > 1);
  if (!beyond.length) return null;
  const row = direction > 0 ? Math.min(...beyond.map(({ box }) => box.top)) : Math.max(...beyond.map(({ box }) => box.top));
  const inRow = beyond.filter(({ box }) => Math.abs(box.top - row) < 1);
  const distance = ({ box }) => Math.abs(box.left + box.width / 2 - middle);
  return inRow.reduce((best, item) => (distance(item) < distance(best) ? item : best)).link;
}

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

function onKey(event) {
  const from = event.target.closest?.(".cell");
  if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "s" || event.key === "S") {
    from.parentElement.querySelector(".similar")?.click();
    return;
  }
  const next = target(linksOf(event.currentTarget), from, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function start(grid) {
  grid.addEventListener("focusin", (event) => {
    const item = event.target.closest("li");
    if (item) makeCurrent(grid, item);
  });
  grid.addEventListener("keydown", onKey);
  adopt([...grid.children].filter((item) => item.querySelector(".cell")));
}

await painted;
document.querySelectorAll("[data-grid]").forEach(start);
