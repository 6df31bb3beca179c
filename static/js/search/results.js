// Lists of images: the "More images" link of search results adds their next page to the grid, by itself for the first
// few pages, and Back leads to the place where the visitor was.
import { all, around, maybe, one } from "../dom.js";
import { fetchPage } from "../fragment.js";
import { adopt } from "../grid/grid.js";
import { count } from "../words.js";
import { goBackTo, keepPlace, keptPlace } from "./scroll-restore.js";

const PAGES_BY_ITSELF = 4;
const AHEAD = "1200px";

/**
 * The images above the relevance line, and those below it, where there is a line.
 * @param {ParentNode} within
 */
function gridsOf(within) {
  const relevant = maybe(within, "[data-grid]:not([data-weaker] *)", HTMLElement);
  return { relevant, weaker: maybe(within, "[data-weaker] [data-grid]", HTMLElement) };
}

/** @param {HTMLElement | null | undefined} grid */
function itemsOf(grid) {
  return grid ? all(grid, ":scope > *", HTMLElement) : [];
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
  /** @type {Set<HTMLElement>} */
  #coming = new Set();
  /** @type {string[]} */
  pages = [];

  /**
   * @param {HTMLElement} section
   * @param {boolean} loadsByItself
   */
  constructor(section, loadsByItself) {
    if (!loadsByItself) this.#loaded = PAGES_BY_ITSELF;
    this.#section = section;
    this.#grids = gridsOf(section);
    this.#fold = maybe(section, "[data-weaker]", HTMLDetailsElement);
    section.addEventListener("toggle", () => this.#watch(), true);
    this.#more = one(section, "[data-more]", HTMLElement);
    this.#shown = one(section, "[data-shown]", HTMLElement);
    this.#status = one(section, "[data-more-status]", HTMLElement);
    this.#observer = new IntersectionObserver((entries) => {
      const link = maybe(this.#more, "a", HTMLAnchorElement);
      if (link && entries.some((entry) => entry.isIntersecting)) this.#load(link);
    }, { rootMargin: AHEAD });
    this.#more.addEventListener("click", (event) => {
      const link = around(event, "a", HTMLAnchorElement);
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (this.#fold && !this.#fold.hidden) this.#fold.open = true; // that is where they go
      this.#load(link);
    });
    addEventListener("resize", () => this.#holdBack());
  }

  /**
   * The pages of an earlier visit, asked for at once and added in their order; then more come as ever.
   * @param {string[]} addresses
   * @param {boolean | undefined} wasUnfolded
   */
  async start(addresses, wasUnfolded) {
    this.#loading = true;
    const pages = addresses.map((address) => fetchPage(address));
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
    return [this.#grids.relevant, this.#grids.weaker].flatMap(itemsOf);
  }

  get #growing() {
    return [this.#grids.relevant, this.#grids.weaker].findLast((grid) => grid && !grid.closest("[hidden]"));
  }

  // The last row is only filled by the next page. Until that has come neither it nor the link is seen, and what has
  // found its place is seen only after it was drawn there: so nobody sees anything move.
  #holdBack() {
    const items = itemsOf(this.#growing);
    const top = this.#goesOn ? items.at(-1)?.offsetTop : null;
    this.#coming = new Set(items.filter((item) => item.offsetTop === top));
    if (this.#goesOn) this.#coming.add(this.#more);
    this.#coming.forEach((item) => item.classList.add("is-coming"));
    /** @param {HTMLElement} item */
    /** @param {HTMLElement} item */
    const show = (item) => item.classList.toggle("is-coming", this.#coming.has(item));
    requestAnimationFrame(() => requestAnimationFrame(() => [this.#more, ...this.#items].forEach(show)));
  }

  /** @param {HTMLAnchorElement} link */
  async #load(link) {
    if (this.#loading) return;
    this.#loading = true;
    this.#more.setAttribute("aria-busy", "true");
    try {
      this.#append(link.href, await fetchPage(link.href));
      this.#loaded += 1;
    } catch {
      this.#sayFailure(link);
      this.#loaded = PAGES_BY_ITSELF;
    }
    this.#more.removeAttribute("aria-busy");
    this.#loading = false;
    this.#watch();
  }

  /**
   * @param {string} address
   * @param {Document} page
   */
  #append(address, page) {
    this.pages.push(address);
    this.#sayNotice(page.querySelector("[data-notice]"));
    // What stands above the relevance line comes first, so that only the end of a list can be below it.
    const { relevant, weaker } = gridsOf(page);
    const [moreRelevant, moreWeaker] = [itemsOf(relevant), itemsOf(weaker)];
    this.#grids.relevant?.append(...moreRelevant);
    this.#grids.weaker?.append(...moreWeaker);
    const items = [...moreRelevant, ...moreWeaker];
    if (moreWeaker.length && this.#fold) this.#fold.hidden = false;
    this.#more.replaceChildren(...(page.querySelector("[data-more]")?.children ?? []));
    adopt(items);
    this.#section.dispatchEvent(new CustomEvent("gridgrown", { bubbles: true, detail: items }));
    const number = this.#items.length;
    this.#shown.textContent = count(number);
    this.#status.textContent = `${number} images shown`;
  }

  /**
   * What a page has to say of itself, such as another index version than the one before, is said once.
   * @param {Element | null} notice
   */
  #sayNotice(notice) {
    const before = document.querySelector("[data-notice]");
    if (notice && !before) document.querySelector("[data-group]")?.before(notice);
  }

  /** @param {HTMLAnchorElement} link */
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
const sections = all(document, "[data-group]", HTMLElement);
const groups = sections.map((section) => new Group(section, sections.length === 1));
const kept = keptPlace();
if (kept) history.scrollRestoration = "manual";
await Promise.all(groups.map((group, number) => group.start(kept?.pages[number] ?? [], kept?.unfolded?.[number])));
if (kept) goBackTo(kept);
addEventListener("pagehide", () => {
  keepPlace({ pages: groups.map((group) => group.pages), unfolded: groups.map((group) => group.isUnfolded) });
});

// The slider says where it stands; without this it still sends its place.
document.addEventListener("input", (event) => {
  const slider = event.target;
  if (!(slider instanceof HTMLInputElement) || !slider.matches("[data-line]") || !slider.nextElementSibling) return;
  slider.nextElementSibling.textContent = Number(slider.value).toFixed(3);
});
