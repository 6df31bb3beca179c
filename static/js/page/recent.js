// Recent searches of who is signed in: a list below the search field while it is empty and in use.
import { all, around, maybe, one } from "../dom.js";
import { getJSON } from "../http.js";

/**
 * @param {string} address
 * @returns {Promise<RecentSearch[]>}
 */
async function fetchRecent(address) {
  return (await getJSON(address, "The searches did not arrive.")).searches;
}

/** @param {RecentSearch[]} searches */
function listOf(searches) {
  const nav = document.createElement("nav");
  nav.className = "recent";
  nav.setAttribute("aria-label", "Recent searches");
  for (const search of searches) {
    const link = document.createElement("a");
    const words = document.createElement("b");
    const details = document.createElement("span");
    link.href = search.url;
    link.rel = "nofollow";
    words.textContent = search.words;
    details.textContent = search.details.join(", ");
    link.append(words, details);
    nav.append(link);
  }
  return nav;
}

class Recent {
  #field;
  #address;
  /** @type {HTMLElement | null} */
  #list = null;
  /** @type {Promise<RecentSearch[]> | null} */
  #asked = null;

  /**
   * @param {HTMLInputElement} field
   * @param {HTMLElement} form
   * @param {HTMLElement} holder what is around the form
   * @param {string} address
   */
  constructor(field, form, holder, address) {
    this.#field = field;
    this.#address = address;
    holder.classList.add("recent-holder");
    field.addEventListener("focus", () => this.#show(form));
    field.addEventListener("input", () => (field.value ? this.#hide() : this.#show(form)));
    holder.addEventListener("keydown", (event) => this.#onKey(event));
    holder.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && holder.contains(relatedTarget))) this.#hide();
    });
    // On Safari a link that is clicked takes no focus, and the list would go before the click arrives.
    holder.addEventListener("mousedown", (event) => {
      if (around(event, ".recent", HTMLElement)) event.preventDefault();
    });
  }

  /** @param {HTMLElement} form */
  async #show(form) {
    if (this.#list || this.#field.value) return;
    this.#asked ??= fetchRecent(this.#address).catch(() => []);
    const searches = await this.#asked;
    if (this.#list || this.#field.value || !searches.length || document.activeElement !== this.#field) return;
    this.#list = listOf(searches);
    form.after(this.#list);
  }

  #hide() {
    this.#list?.remove();
    this.#list = null;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!this.#list) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#field.focus();
      this.#hide();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [this.#field, ...all(this.#list, "a", HTMLAnchorElement)];
    const now = stops.findIndex((stop) => stop === document.activeElement);
    const next = stops[now + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

const form = maybe(document, "[data-search]", HTMLElement);
const field = form && maybe(form, "input[type=search]", HTMLInputElement);
// The home page shows them already.
if (form?.parentElement && field && !document.querySelector("[data-recent-here]")) {
  const address = one(document, "script[data-recent]", HTMLScriptElement).dataset.recent ?? "";
  new Recent(field, form, form.parentElement, address);
}
