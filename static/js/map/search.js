// The search field over the map: it asks without loading the page anew, and says what was found.
import { replaceComposer } from "../search/composer.js";
import { Hits } from "./hits.js";

export class SearchOnMap {
  #page;
  #hits;
  #bar;
  #said;
  #hasMore = false;
  #missing = 0;

  constructor(page) {
    this.#page = page;
    this.#hits = new Hits(page.stage, page.facts, page.thumbnails, page.data.base);
    this.#bar = page.map.querySelector("[data-hits]");
    this.#said = this.#bar.querySelector("[data-hits-said]");
    document.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-search]")) return;
      event.preventDefault();
      this.ask(new FormData(event.target).get("q").trim());
    });
    document.addEventListener("emptied", () => this.ask(""));
  }

  get query() {
    return this.#hits.query;
  }

  // isStep: whether Back leads to what was before.
  async ask(query, isStep = true) {
    const { page, composer } = this.#page.data;
    document.querySelector("[data-composer]").setAttribute("aria-busy", "true");
    const field = isStep ? fetch(`${composer}?q=${encodeURIComponent(query)}`).then((answer) => (answer.ok ? answer.text() : "")) : "";
    let answer = null;
    let failure = null;
    try {
      answer = await this.#hits.search(query);
    } catch (error) {
      failure = error;
      this.#page.lookWhetherGone();
    }
    if (!answer && !failure) return; // another search has been asked since
    this.#hasMore = answer?.more ?? false;
    this.#missing = answer?.not_on_map ?? 0;
    this.#page.note(failure?.message ?? answer.notice ?? "");
    if (isStep) {
      this.#page.address.write(true);
      await this.#showField(await field.catch(() => ""), page);
    }
    document.querySelector("[data-composer]").removeAttribute("aria-busy");
    this.#showBar();
    await this.#page.choice.queryChanged();
    if (isStep && this.#hits.hits.length) this.#look();
  }

  // As the server writes it: with a chip for each part, or what is wrong with the query.
  async #showField(html) {
    const field = new DOMParser().parseFromString(html, "text/html").querySelector("[data-composer]");
    if (field) replaceComposer(field);
  }

  // Where no hit is seen, one flies to where they are.
  #look() {
    const { camera } = this.#page.stage;
    const isSeen = this.#hits.hits.some(({ index }) => {
      const [x, y] = this.#page.stage.pixelsOf(index);
      return x > 0 && y > 0 && x < camera.width && y < camera.height;
    });
    if (!isSeen) camera.flyAround(this.#hits.extent);
  }

  #showBar() {
    const { hits, query, current } = this.#hits;
    this.#bar.hidden = !query;
    if (!query) return;
    const number = (count) => count.toLocaleString("en");
    const list = new URLSearchParams({ dataset: this.#page.data.slug, q: query });
    this.#bar.querySelector("[data-hits-list]").href = `${this.#page.data.search}?${list}`;
    for (const button of this.#bar.querySelectorAll("[data-map-do=next], [data-map-do=previous]")) button.disabled = !hits.length;
    const missing = this.#missing ? `, ${number(this.#missing)} not on this map` : "";
    const first = `${this.#hasMore ? "The best " : ""}${number(hits.length)} hit${hits.length === 1 ? "" : "s"}`;
    const all = hits.length ? first : "No hit on this map";
    this.#said.textContent = current < 0 ? `${all}${missing}` : `Hit ${number(current + 1)} of ${number(hits.length)}, ${hits[current].score.toFixed(3)}`;
  }

  async step(way) {
    this.#page.letGo();
    const hit = await this.#hits.step(way);
    if (!hit) return;
    this.#page.facts.tell({ ...hit });
    this.#showBar();
    this.#page.thumbnails.first = [hit.index];
    this.#page.thumbnails.choose();
    this.#page.marker.show({ chosen: hit.index });
    const found = await this.#page.card.pin(hit.index);
    if (found) this.#page.say(`${this.#said.textContent}: ${found.name}`);
  }

  // The hit under a pixel, or null.
  at(x, y, reach) {
    let best = null;
    let least = reach ** 2;
    for (const { index } of this.#hits.hits) {
      const [left, top] = this.#page.stage.pixelsOf(index);
      const away = (left - x) ** 2 + (top - y) ** 2;
      if (away < least) [best, least] = [index, away];
    }
    return best;
  }

  set areColours(areColours) {
    this.#hits.areColours = areColours;
  }

  recolour() {
    this.#hits.recolour();
  }
}
