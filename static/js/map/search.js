// The search field over the map: it asks without loading the page anew, and says what was found.
import { all, maybe, one } from "../dom.js";
import { fetchPage } from "../fragment.js";
import { sentenceOf } from "../http.js";
import { replaceComposer } from "../search/composer.js";
import { count, counted } from "../words.js";
import { Hits } from "./hits.js";

/**
 * `letGo` puts the card away, `lookWhetherGone` finds out whether the map is still there, `queryChanged` is waited for.
 * @typedef {{
 *   view: MapView, data: MapData, facts: PointLookup, thumbnails: Thumbnails, marker: Marker, card: Card, address:
 * Address,   say: (sentence: string) => void, note: (sentence: string) => void, letGo: () => void,
 *   lookWhetherGone: () => Promise<boolean>, queryChanged: () => Promise<void>,
 * }} Parts
 */

export class SearchOnMap {
  #parts;
  #hits;
  #bar;
  #said;
  #hasMore = false;
  #missing = 0;

  /**
   * @param {HTMLElement} map
   * @param {Parts} parts
   */
  constructor(map, parts) {
    this.#parts = parts;
    this.#hits = new Hits(parts.view, parts.facts, parts.thumbnails, parts.data.base);
    this.#bar = one(map, "[data-hits]", HTMLElement);
    this.#said = one(this.#bar, "[data-hits-said]", HTMLElement);
    document.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-search]")) return;
      event.preventDefault();
      this.ask(String(new FormData(event.target).get("q")).trim());
    });
    document.addEventListener("emptied", () => this.ask(""));
  }

  get query() {
    return this.#hits.query;
  }

  /**
   * isStep: whether Back leads to what was before.
   * @param {string} query
   * @param {boolean} [isStep]
   */
  async ask(query, isStep = true) {
    const { data, note, address, lookWhetherGone, queryChanged } = this.#parts;
    one(document, "[data-composer]", HTMLElement).setAttribute("aria-busy", "true");
    const field = isStep ? fetchPage(`${data.composer}?q=${encodeURIComponent(query)}`).catch(() => null) : null;
    let answer = null;
    let failure = "";
    try {
      answer = await this.#hits.search(query);
      if (!answer) return; // another search has been asked since
    } catch (error) {
      failure = sentenceOf(error);
      lookWhetherGone();
    }
    this.#hasMore = answer?.more ?? false;
    this.#missing = answer?.not_on_map ?? 0;
    note(failure || (answer?.notice ?? ""));
    if (isStep) {
      address.write(true);
      this.#showField(await field);
    }
    one(document, "[data-composer]", HTMLElement).removeAttribute("aria-busy");
    this.#showBar();
    await queryChanged();
    if (isStep && this.#hits.hits.length) this.#look();
  }

  /**
   * As the server writes it: with a chip for each part, or what is wrong with the query.
   * @param {Document | null} page
   */
  #showField(page) {
    const field = page && maybe(page, "[data-composer]", HTMLElement);
    if (field) replaceComposer(field);
  }

  // Where no hit is seen, one flies to where they are.
  #look() {
    const { view } = this.#parts;
    const { camera } = view;
    const isSeen = this.#hits.hits.some(({ index }) => {
      const [x, y] = view.pixelsOf(index);
      return x > 0 && y > 0 && x < camera.width && y < camera.height;
    });
    if (!isSeen) camera.flyAround(this.#hits.extent);
  }

  #showBar() {
    const { hits, query, current } = this.#hits;
    const { data } = this.#parts;
    this.#bar.hidden = !query;
    if (!query) return;
    const list = new URLSearchParams({ dataset: data.slug, q: query });
    one(this.#bar, "[data-hits-list]", HTMLAnchorElement).href = `${data.search}?${list}`;
    for (const button of all(this.#bar, "[data-map-do=next], [data-map-do=previous]", HTMLButtonElement)) {
      button.disabled = !hits.length;
    }
    const missing = this.#missing ? `, ${count(this.#missing)} not on this map` : "";
    const first = `${this.#hasMore ? "The best " : ""}${counted(hits.length, "hit")}`;
    const found = hits.length ? first : "No hit on this map";
    const hit = hits[current];
    const place = hit && `Hit ${count(current + 1)} of ${count(hits.length)}, ${hit.score.toFixed(3)}`;
    this.#said.textContent = place ?? `${found}${missing}`;
  }

  /** @param {number} way */
  async step(way) {
    const { letGo, thumbnails, marker, card, say } = this.#parts;
    letGo();
    const hit = await this.#hits.step(way);
    if (!hit) return;
    this.#showBar();
    thumbnails.first = [hit.index];
    thumbnails.choose();
    marker.show({ chosen: hit.index });
    const found = await card.pin(hit.index);
    if (found && !found.gone) say(`${this.#said.textContent}: ${found.name}`);
  }

  /**
   * The hit under a pixel, or null.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  at(x, y, reach) {
    let best = null;
    let least = reach ** 2;
    for (const { index } of this.#hits.hits) {
      const [left, top] = this.#parts.view.pixelsOf(index);
      const away = (left - x) ** 2 + (top - y) ** 2;
      if (away < least) [best, least] = [index, away];
    }
    return best;
  }

  /** @param {boolean} areColours */
  set areColours(areColours) {
    this.#hits.areColours = areColours;
  }

  recolour() {
    this.#hits.recolour();
  }
}
