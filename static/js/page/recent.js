// Recent searches of who is signed in: a list below the search field while it is empty and in use.

const address = document.querySelector("script[data-recent]").dataset.recent;
const form = document.querySelector("[data-search]");
const field = form?.querySelector("input[type=search]");

async function fetchRecent() {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  return response.ok ? (await response.json()).searches : [];
}

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
  #list = null;
  #asked = null;

  constructor() {
    form.parentElement.classList.add("recent-holder");
    field.addEventListener("focus", () => this.#show());
    field.addEventListener("input", () => (field.value ? this.#hide() : this.#show()));
    form.parentElement.addEventListener("keydown", (event) => this.#onKey(event));
    form.parentElement.addEventListener("focusout", (event) => {
      if (!form.parentElement.contains(event.relatedTarget)) this.#hide();
    });
    // On Safari a link that is clicked takes no focus, and the list would go before the click arrives.
    form.parentElement.addEventListener("mousedown", (event) => {
      if (event.target.closest(".recent")) event.preventDefault();
    });
  }

  async #show() {
    if (this.#list || field.value) return;
    this.#asked ??= fetchRecent().catch(() => []);
    const searches = await this.#asked;
    if (this.#list || field.value || !searches.length || document.activeElement !== field) return;
    this.#list = listOf(searches);
    form.after(this.#list);
  }

  #hide() {
    this.#list?.remove();
    this.#list = null;
  }

  #onKey(event) {
    if (!this.#list) return;
    if (event.key === "Escape") {
      event.preventDefault();
      field.focus();
      this.#hide();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [field, ...this.#list.querySelectorAll("a")];
    const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (!stops[next]) return;
    event.preventDefault();
    stops[next].focus();
  }
}

// The home page shows them already.
if (field && !document.querySelector("[data-recent-here]")) new Recent();
