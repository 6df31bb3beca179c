// Lists of images: the "More images" link of search results adds their next page to the grid, by itself for the first few
// pages, and Back leads to the place where the visitor was.
import { adopt } from "../grid/grid.js";
import { goBackTo, keepPlace, keptPlace } from "./scroll-restore.js";

const PAGES_BY_ITSELF = 4;
const AHEAD = "1200px";

async function nextPage(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// The images above the relevance line, and those below it, where there is a line.
function gridsOf(within) {
  return [within.querySelector("[data-grid]:not([data-weaker] *)"), within.querySelector("[data-weaker] [data-grid]")];
}

// One list of hits; a search in datasets with different encoders has several.
class Group {
  #section;
  #grids;
  #fold;
  #more;
  #shown;
  #status;
  #loading = false;
  #loaded = 0;
  #observer;
  #coming = new Set();
  pages = [];

  constructor(section, loadsByItself) {
    if (!loadsByItself) this.#loaded = PAGES_BY_ITSELF;
    this.#section = section;
    this.#grids = gridsOf(section);
    this.#fold = section.querySelector("[data-weaker]");
    section.addEventListener("toggle", () => this.#watch(), true);
    this.#more = section.querySelector("[data-more]");
    this.#shown = section.querySelector("[data-shown]");
    this.#status = section.querySelector("[data-more-status]");
    this.#observer = new IntersectionObserver((entries) => {
      const link = this.#more.querySelector("a");
      if (link && entries.some((entry) => entry.isIntersecting)) this.#load(link);
    }, { rootMargin: AHEAD });
    this.#more.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (this.#fold && !this.#fold.hidden) this.#fold.open = true; // that is where they go
      this.#load(link);
    });
    addEventListener("resize", () => this.#holdBack());
  }

  // The pages of an earlier visit, asked for at once and added in their order; then more come as ever.
  async start(addresses, wasUnfolded) {
    this.#loading = true;
    const pages = addresses.map((address) => nextPage(address));
    try {
      for (const [number, page] of pages.entries()) this.#append(addresses[number], await page);
    } catch {
      // What is missing comes by the link, like any other page.
    }
    await Promise.allSettled(pages);
    if (this.#fold && wasUnfolded !== undefined) this.#fold.open = wasUnfolded;
    this.#loading = false;
    this.#watch();
  }

  // Observing anew makes the observer report at once, also when the link never left its margin.
  #watch() {
    this.#observer.disconnect();
    if (this.#goesOn) this.#observer.observe(this.#more);
    this.#holdBack();
  }

  // Below a folded part nothing grows.
  get #goesOn() {
    const isFolded = this.#fold && !this.#fold.open && !this.#fold.hidden;
    return !isFolded && this.#loaded < PAGES_BY_ITSELF && this.#more.querySelector("a") !== null;
  }

  get isUnfolded() {
    return this.#fold?.open;
  }

  get #items() {
    return this.#grids.flatMap((grid) => [...(grid?.children ?? [])]);
  }

  get #growing() {
    return this.#grids.findLast((grid) => grid && !grid.closest("[hidden]"));
  }

  // The last row is only filled by the next page. Until that has come neither it nor the link is seen, and what has found
  // its place is seen only after it was drawn there: so nobody sees anything move.
  #holdBack() {
    const items = [...this.#growing.children];
    const top = this.#goesOn ? items.at(-1)?.offsetTop : null;
    this.#coming = new Set(items.filter((item) => item.offsetTop === top));
    if (this.#goesOn) this.#coming.add(this.#more);
    this.#coming.forEach((item) => item.classList.add("is-coming"));
    const show = (item) => item.classList.toggle("is-coming", this.#coming.has(item));
    requestAnimationFrame(() => requestAnimationFrame(() => [this.#more, ...this.#items].forEach(show)));
  }

  async #load(link) {
    if (this.#loading) return;
    this.#loading = true;
    this.#more.setAttribute("aria-busy", "true");
    try {
      this.#append(link.href, await nextPage(link.href));
      this.#loaded += 1;
    } catch {
      this.#sayFailure(link);
      this.#loaded = PAGES_BY_ITSELF;
    }
    this.#more.removeAttribute("aria-busy");
    this.#loading = false;
    this.#watch();
  }

  #append(address, page) {
    this.pages.push(address);
    this.#sayNotice(page.querySelector("[data-notice]"));
    // What stands above the relevance line comes first, so that only the end of a list can be below it.
    const [relevant, weaker] = this.#grids;
    const [moreRelevant, moreWeaker] = gridsOf(page).map((grid) => [...(grid?.children ?? [])]);
    relevant.append(...moreRelevant);
    weaker?.append(...moreWeaker);
    const items = [...moreRelevant, ...moreWeaker];
    if (moreWeaker.length) this.#fold.hidden = false;
    this.#more.replaceChildren(...(page.querySelector("[data-more]")?.children ?? []));
    adopt(items);
    this.#section.dispatchEvent(new CustomEvent("gridgrown", { bubbles: true, detail: items }));
    const count = this.#items.length;
    this.#shown.textContent = count.toLocaleString("en");
    this.#status.textContent = `${count} images shown`;
  }

  // What a page has to say of itself, such as another index version than the one before, is said once.
  #sayNotice(notice) {
    const before = document.querySelector("[data-notice]");
    if (notice && !before) document.querySelector("[data-group]").before(notice);
  }

  #sayFailure(link) {
    const sentence = document.createElement("span");
    sentence.className = "is-warning";
    sentence.setAttribute("role", "alert");
    sentence.textContent = "The next images did not arrive.";
    link.textContent = "Try again";
    this.#more.replaceChildren(sentence, link);
  }
}

// Of several lists the upper one would grow and push the next out of reach.
const sections = document.querySelectorAll("[data-group]");
const groups = [...sections].map((section) => new Group(section, sections.length === 1));
const kept = keptPlace();
if (kept) history.scrollRestoration = "manual";
await Promise.all(groups.map((group, number) => group.start(kept?.pages[number] ?? [], kept?.unfolded?.[number])));
if (kept) goBackTo(kept);
addEventListener("pagehide", () => keepPlace({ pages: groups.map((group) => group.pages), unfolded: groups.map((group) => group.isUnfolded) }));

// The slider says where it stands; without this it still sends its place.
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-line]")) event.target.nextElementSibling.textContent = Number(event.target.value).toFixed(3);
});
