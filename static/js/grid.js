// Justified rows: every image whole, all of one row equally high, rows as wide as the page. Also the grid's keys.

const GUTTER = 4;
const FLATTEST = 5;
const TALLEST = 0.25;

function ratioOf(cell) {
  const image = cell.querySelector("img");
  const width = Number(image.getAttribute("width")) || image.naturalWidth || 4;
  const height = Number(image.getAttribute("height")) || image.naturalHeight || 3;
  return Math.min(FLATTEST, Math.max(TALLEST, width / height));
}

// Splits ratios into rows whose heights come closest to the wanted one; returns [first, end, height] of each row.
export function splitRows(ratios, width, wanted) {
  const rows = [];
  let first = 0;
  let sum = 0;
  const heightOf = (count, total) => (width - GUTTER * (count - 1)) / total;
  for (let i = 0; i < ratios.length; i++) {
    const before = i > first ? heightOf(i - first, sum) : Infinity;
    sum += ratios[i];
    const after = heightOf(i - first + 1, sum);
    if (after > wanted) continue;
    const breakBefore = before - wanted < wanted - after;
    rows.push([first, breakBefore ? i : i + 1, breakBefore ? before : after]);
    first = breakBefore ? i : i + 1;
    sum = breakBefore ? ratios[i] : 0;
  }
  // The last row is not stretched, unless it all but fills the width anyway.
  if (first < ratios.length) rows.push([first, ratios.length, Math.min(heightOf(ratios.length - first, sum), wanted * 1.15)]);
  return rows;
}

export function layOut(grid) {
  const style = getComputedStyle(grid);
  const width = Math.floor(grid.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  if (width <= 0) return;
  const cells = [...grid.children];
  const ratios = cells.map(ratioOf);
  for (const [first, end, height] of splitRows(ratios, width, parseFloat(style.getPropertyValue("--row")))) {
    let exact = 0;
    for (let i = first; i < end; i++) {
      // Whole pixels whose rounding errors never add up past the row's end.
      const left = Math.floor(exact);
      exact += ratios[i] * height;
      cells[i].style.width = `${Math.floor(exact) - left}px`;
      cells[i].style.height = `${Math.round(height)}px`;
    }
  }
  grid.classList.add("is-justified");
}

function nearestInNextRow(links, from, direction) {
  const start = from.getBoundingClientRect();
  const middle = start.left + start.width / 2;
  const boxes = links.map((link) => ({ link, box: link.getBoundingClientRect() }));
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
  const next = target([...event.currentTarget.querySelectorAll(".cell")], from, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function start(grid) {
  let width = 0;
  layOut(grid);
  new ResizeObserver(() => {
    if (grid.clientWidth === width) return;
    width = grid.clientWidth;
    layOut(grid);
  }).observe(grid);
  grid.addEventListener("keydown", onKey);
  // Only images whose size the page did not say change the rows when they arrive.
  grid.addEventListener("load", (event) => {
    if (event.target.matches("img:not([width])")) layOut(grid);
  }, true);
}

document.querySelectorAll("[data-grid]").forEach(start);
