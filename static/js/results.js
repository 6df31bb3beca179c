// Search results: the "More images" link adds the next page to the grid, by itself for the first few pages.
import { layOut } from "./grid.js";

const PAGES_BY_ITSELF = 4;
const AHEAD = "1200px";

const grid = document.querySelector("[data-grid]");
const more = document.querySelector("[data-more]");
const shown = document.querySelector("[data-shown]");
const status = document.querySelector("[data-more-status]");

let loading = false;
let loaded = 0;

async function nextPage(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function append(page) {
  grid.append(...(page.querySelector("[data-grid]")?.children ?? []));
  more.replaceChildren(...(page.querySelector("[data-more]")?.children ?? []));
  layOut(grid);
  const count = grid.children.length;
  shown.textContent = count.toLocaleString("en");
  status.textContent = `${count} images shown`;
}

function sayFailure(link) {
  const sentence = document.createElement("span");
  sentence.className = "is-warning";
  sentence.setAttribute("role", "alert");
  sentence.textContent = "The next images did not arrive.";
  link.textContent = "Try again";
  more.replaceChildren(sentence, link);
}

async function loadMore(link) {
  if (loading) return;
  loading = true;
  more.setAttribute("aria-busy", "true");
  try {
    append(await nextPage(link.href));
    loaded += 1;
  } catch {
    sayFailure(link);
    loaded = PAGES_BY_ITSELF;
  }
  more.removeAttribute("aria-busy");
  loading = false;
  watch();
}

const observer = new IntersectionObserver((entries) => {
  const link = more.querySelector("a");
  if (link && entries.some((entry) => entry.isIntersecting)) loadMore(link);
}, { rootMargin: AHEAD });

// Observing anew makes the observer report at once, also when the link never left its margin.
function watch() {
  observer.disconnect();
  if (loaded < PAGES_BY_ITSELF && more.querySelector("a")) observer.observe(more);
}

if (grid && more) {
  more.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    loadMore(link);
  });
  watch();
}
