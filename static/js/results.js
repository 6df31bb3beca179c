// Search results: the "More images" link of a list adds its next page to the grid, by itself for the first few pages.
import { layOut } from "./grid.js";

const PAGES_BY_ITSELF = 4;
const AHEAD = "1200px";

async function nextPage(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// One list of hits; a search in datasets with different encoders has several.
class Group {
  #section;
  #more;
  #shown;
  #status;
  #loading = false;
  #loaded = 0;
  #observer;

  constructor(section, loadsByItself) {
    if (!loadsByItself) this.#loaded = PAGES_BY_ITSELF;
    this.#section = section;
    section.addEventListener("toggle", () => {
      section.querySelectorAll("[data-grid]").forEach(layOut);
      this.#watch();
    }, true);
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
      this.#load(link);
    });
    this.#watch();
  }

  // Observing anew makes the observer report at once, also when the link never left its margin.
  #watch() {
    this.#observer.disconnect();
    if (this.#section.querySelector("[data-weaker]:not([open])")) return;
    if (this.#loaded < PAGES_BY_ITSELF && this.#more.querySelector("a")) this.#observer.observe(this.#more);
  }

  async #load(link) {
    if (this.#loading) return;
    this.#loading = true;
    this.#more.setAttribute("aria-busy", "true");
    try {
      this.#append(await nextPage(link.href));
      this.#loaded += 1;
    } catch {
      this.#sayFailure(link);
      this.#loaded = PAGES_BY_ITSELF;
    }
    this.#more.removeAttribute("aria-busy");
    this.#loading = false;
    this.#watch();
  }

  #append(page) {
    this.#sayNotice(page.querySelector("[data-notice]"));
    // What stands above the relevance line comes first, so that only the end of a list can be below it.
    const isWeaker = this.#section.querySelector("[data-weaker]") !== null;
    const grids = this.#section.querySelectorAll("[data-grid]");
    for (const arrived of page.querySelectorAll("[data-group] [data-grid]")) {
      const weaker = arrived.closest("[data-weaker]");
      if (weaker && !isWeaker) this.#more.before(weaker);
      else grids[grids.length - 1].append(...arrived.children);
    }
    this.#more.replaceChildren(...(page.querySelector("[data-more]")?.children ?? []));
    const shown = [...this.#section.querySelectorAll("[data-grid]")];
    shown.forEach(layOut);
    const count = shown.reduce((sum, grid) => sum + grid.children.length, 0);
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
sections.forEach((section) => new Group(section, sections.length === 1));

// The slider says where it stands; without this it still sends its place.
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-line]")) event.target.nextElementSibling.textContent = Number(event.target.value).toFixed(3);
});
