// The choice of colours beside the map: the list of what can colour it, and the legend of what does.
import { one } from "../dom.js";
import { postJSON, RequestFailed, sentenceOf } from "../http.js";
import { count } from "../words.js";
import { fetchJSON, Gone } from "./data.js";
import { Legend } from "./legend.js";

const NARROW = 620;
const NOT_KEPT = "The name was not kept. Try again.";

/**
 * @typedef {{
 *   view: MapView, data: MapData, clusters: Promise<ClusterLevel[]>, captions: Captions, colouring: Colouring,
 *   search: SearchOnMap, thumbnails: Thumbnails, address: Address,
 * }} Parts
 */

export class ColourChoice {
  #parts;
  #panel;
  #select;
  #said;
  #legend;
  #usual = "none";

  /**
   * @param {HTMLElement} map
   * @param {Parts} parts
   */
  constructor(map, parts) {
    this.#parts = parts;
    this.#panel = one(map, "[data-legend]", HTMLDetailsElement);
    this.#select = one(this.#panel, "[data-colour]", HTMLSelectElement);
    this.#said = one(this.#panel, "[data-legend-said]", HTMLElement);
    const rows = one(this.#panel, "[data-legend-rows]", HTMLElement);
    const rename = parts.data.rename ? this.#rename.bind(this) : null;
    this.#legend = new Legend(rows, parts.colouring, () => this.#onToggle(), rename);
    this.#select.addEventListener("change", () => this.use(this.#select.value).then(() => parts.address.write(true)));
    this.#panel.open = parts.view.camera.width > NARROW;
  }

  /** @param {string} by */
  async use(by) {
    const { colouring, search, thumbnails } = this.#parts;
    this.#said.hidden = true;
    this.#panel.setAttribute("aria-busy", "true");
    try {
      await colouring.use(by, search.query);
    } catch (error) {
      this.#say(error instanceof Gone ? "The colours of this map are not there." : sentenceOf(error));
    }
    this.#panel.removeAttribute("aria-busy");
    this.#select.value = colouring.by;
    search.areColours = colouring.by === "similarity";
    this.show();
    thumbnails.choose();
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.#said.textContent = sentence;
    this.#said.hidden = false;
  }

  show() {
    this.#legend.show();
  }

  toggle() {
    this.#panel.open = !this.#panel.open;
    if (this.#panel.open) this.#select.focus();
  }

  // A query can colour the map; without one, nothing can be similar to it.
  async queryChanged() {
    const { colouring, search } = this.#parts;
    this.#option("similarity").disabled = !search.query;
    if (colouring.by !== "similarity" || colouring.query === search.query) return;
    await this.use(search.query ? "similarity" : this.#usual);
  }

  #onToggle() {
    const { colouring, thumbnails, address } = this.#parts;
    colouring.paint();
    thumbnails.choose();
    address.write();
  }

  /** @param {string} value */
  #option(value) {
    return one(this.#select, `[value=${value}]`, HTMLOptionElement);
  }

  /**
   * Which colours there are depends on the map; the groups are shown where there are any.
   * @param {AddressParameters} asked
   */
  async restore({ colour = "", hide = "" }) {
    const { clusters, data, colouring } = this.#parts;
    const [levels, { date, tags }] = await Promise.all([clusters, columnsOf(data)]);
    const hasClusters = levels.some((level) => level.clusters.length);
    Object.assign(this.#option("cluster"), { hidden: !hasClusters, disabled: !hasClusters });
    Object.assign(this.#option("date"), { hidden: !date, disabled: !date });
    const group = one(this.#select, "[data-colour-tags]", HTMLOptGroupElement);
    group.hidden = !tags.length;
    group.replaceChildren(...tags.map((tag) => new Option(`${tag.name} (${count(tag.count)})`, `tag:${tag.name}`)));
    this.#usual = hasClusters ? "cluster" : "none";
    const by = colour && colour !== "similarity" ? colour : this.#usual;
    const isOffered = [...this.#select.options].some((option) => option.value === by && !option.disabled);
    await this.use(isOffered || by.startsWith("tag:") ? by : this.#usual);
    if (colour !== "similarity") this.#hide(hide);
    if (!colouring.legend.ramp && !colouring.legend.items.length) this.show();
  }

  /**
   * Comes after the query has been asked.
   * @param {AddressParameters} asked
   */
  async restoreSimilarity({ colour, hide = "" }) {
    if (colour !== "similarity" || !this.#parts.search.query) return;
    await this.use("similarity");
    this.#hide(hide);
  }

  /** @param {string} places */
  #hide(places) {
    const { colouring } = this.#parts;
    for (const place of places.split(".").filter(Boolean)) colouring.hidden.add(Number(place));
    if (!colouring.hidden.size) return;
    colouring.paint();
    this.show();
  }

  /** @returns {AddressParameters} */
  state() {
    const { colouring } = this.#parts;
    const hidden = [...colouring.hidden].sort((a, b) => a - b).join(".");
    return { colour: colouring.by === this.#usual ? "" : colouring.by, hide: hidden };
  }

  /**
   * Names a cluster, and gives the name that it then has: without one it has the encoder's words again.
   * @param {MapCluster} cluster
   * @param {string} name
   */
  async #rename(cluster, name) {
    const { data, captions, clusters } = this.#parts;
    const address = data.rename.replace("/0/0/", `/0/${cluster.number}/`);
    try {
      /** @type {{ label: string }} */
      const { label } = await postJSON(address, new URLSearchParams({ name }), NOT_KEPT);
      cluster.label = label;
    } catch (error) {
      if (error instanceof RequestFailed) this.#say(error.problem.detail ?? NOT_KEPT);
      throw error;
    }
    captions.levels = await clusters;
    return cluster.label;
  }
}

/**
 * A map whose columns do not arrive has none.
 * @param {MapData} data
 * @returns {Promise<MapColumns>}
 */
async function columnsOf(data) {
  return fetchJSON(`${data.base}columns.json`, "The colours").catch(() => ({ date: null, tags: [] }));
}
