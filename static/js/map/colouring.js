// Which colour each point has and why: by its cluster, a tag, its date or how close it is to the query. A colour is one
// byte of a point, its place in the palette.
import { request } from "../http.js";
import { fetchBytes, fetchJSON } from "./data.js";
import { groupColours, ramp, token, written } from "./render/colours.js";

const GROUPS = 20;
const OTHER = 20;
const NONE = 21;
const NO_CLUSTER = 65_535;
const UNKNOWN = 255;

/** @param {RGB} colour */
const opaque = (colour) => [...colour, 255];

/**
 * The place in the palette of each point, and what the places mean.
 * @typedef {{ values: Uint8Array, legend: Legend }} Codes
 */

export class Colouring {
  by = "none"; // "none", "cluster", "date", "similarity", or "tag:" and its name
  /** @type {Legend} */
  legend = { items: [], ramp: null };
  /** @type {Set<number>} */
  hidden = new Set(); // places of the palette that are not shown
  #view;
  #base;
  #clusters;
  #query = "";
  #asked = 0;
  /** @type {Map<string, Codes>} */
  #kept = new Map();

  /**
   * clusters: a promise of the levels of clusters; base: the address of the map's data
   * @param {MapView} view
   * @param {string} base
   * @param {Promise<ClusterLevel[]>} clusters
   */
  constructor(view, base, clusters) {
    this.#view = view;
    this.#base = base;
    this.#clusters = clusters;
  }

  /**
   * @param {string} by
   * @param {string} [query]
   */
  async use(by, query = "") {
    const asked = (this.#asked += 1);
    const codes = await this.#codes(by, query);
    if (asked !== this.#asked) return;
    if (by !== this.by) this.hidden.clear();
    this.by = by;
    this.#query = query;
    for (let i = 0; i < codes.values.length; i++) this.#view.marks[4 * i] = codes.values[i];
    if (!codes.values.length) for (let i = 0; i < this.#view.points.count; i++) this.#view.marks[4 * i] = 0;
    this.legend = codes.legend;
    this.#view.remark();
    this.paint();
  }

  // Another theme, or other points that are not shown.
  paint() {
    const palette = new Uint8Array(1024);
    this.#colours().forEach((colour, place) => palette.set(colour, 4 * place));
    for (const place of this.hidden) palette[4 * place + 3] = 0;
    this.#view.recolour(palette, token("--page"));
  }

  /** @param {number} place */
  colourOf(place) {
    return written(this.#colours()[place]);
  }

  #colours() {
    const quiet = opaque(token("--quiet"));
    if (this.by === "cluster") return [...groupColours().map(opaque), quiet, [...token("--edge"), 110]];
    if (this.by === "date" || this.by === "similarity") {
      const colours = ramp().map(opaque);
      if (this.by === "date") colours[UNKNOWN] = [...token("--edge"), 90];
      return colours;
    }
    const accent = opaque(token("--accent"));
    return this.by === "none" ? [accent] : [[...token("--edge"), 90], accent];
  }

  /**
   * @param {string} by
   * @param {string} query
   */
  async #codes(by, query) {
    const kept = `${by} ${by === "similarity" ? query : ""}`;
    const found = this.#kept.get(kept) ?? (await this.#found(by, query));
    this.#kept.set(kept, found);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > 4 && oldest !== undefined) this.#kept.delete(oldest);
    return found;
  }

  /**
   * @param {string} by
   * @param {string} query
   * @returns {Promise<Codes> | Codes}
   */
  #found(by, query) {
    if (by === "cluster") return this.#byCluster();
    if (by === "date") return this.#byDate();
    if (by === "similarity") return this.#bySimilarity(query);
    if (by.startsWith("tag:")) return this.#byTag(by.slice(4));
    return { values: new Uint8Array(), legend: { items: [], ramp: null } };
  }

  /** @returns {Promise<Codes>} */
  async #byCluster() {
    const [planes, levels] = await Promise.all([
      fetchBytes(`${this.#base}column/cluster-0.bin`, "The clusters"), this.#clusters,
    ]);
    const coarse = [...(levels[0]?.clusters ?? [])].sort((a, b) => b.count - a.count);
    const places = new Map(coarse.map(({ number }, rank) => [number, Math.min(rank, OTHER)]));
    const count = planes.length / 2;
    const values = new Uint8Array(count);
    const counts = new Uint32Array(256);
    for (let i = 0; i < count; i++) {
      const number = planes[i] | (planes[count + i] << 8);
      values[i] = number === NO_CLUSTER ? NONE : (places.get(number) ?? OTHER);
      counts[values[i]] += 1;
    }
    /** @type {LegendItem[]} */
    const items = coarse.slice(0, GROUPS).map((cluster, place) => (
      { place, label: cluster.label, count: counts[place], cluster }
    ));
    const smaller = `${coarse.length - GROUPS} smaller clusters`;
    if (counts[OTHER]) items.push({ place: OTHER, label: smaller, count: counts[OTHER] });
    if (counts[NONE]) items.push({ place: NONE, label: "in no cluster", count: counts[NONE] });
    return { values, legend: { items, ramp: null } };
  }

  /** @returns {Promise<Codes>} */
  async #byDate() {
    const [values, columns] = await Promise.all([
      fetchBytes(`${this.#base}column/date.bin`, "The dates"), fetchJSON(`${this.#base}columns.json`, "The dates"),
    ]);
    const { date } = /** @type {MapColumns} */ (columns);
    /** @param {string} iso */
    const day = (iso) => new Date(iso).toLocaleDateString("en-GB", { year: "numeric", month: "short", day: "numeric" });
    const unknown = values.reduce((sum, value) => sum + Number(value === UNKNOWN), 0);
    const items = unknown ? [{ place: UNKNOWN, label: "no date", count: unknown }] : [];
    const ends = date && { low: day(date.first), high: day(date.last), last: UNKNOWN - 1 };
    return { values, legend: { items, ramp: ends } };
  }

  /**
   * @param {string} query
   * @returns {Promise<Codes>}
   */
  async #bySimilarity(query) {
    const address = `${this.#base}similarity.bin?q=${encodeURIComponent(query)}`;
    const response = await request(address, "The server answered {status}.");
    const values = new Uint8Array(await response.arrayBuffer());
    /** @param {string} name */
    const score = (name) => Number(response.headers.get(name)).toFixed(3);
    const ends = { low: score("X-Score-Low"), high: score("X-Score-High"), last: 255 };
    return { values, legend: { items: [], ramp: ends } };
  }

  /**
   * @param {string} name
   * @returns {Promise<Codes>}
   */
  async #byTag(name) {
    const values = await fetchBytes(`${this.#base}column/tag.bin?tag=${encodeURIComponent(name)}`, "The tag");
    const having = values.reduce((sum, value) => sum + value, 0);
    const items = [
      { place: 1, label: name, count: having },
      { place: 0, label: "without it", count: values.length - having },
    ];
    return { values, legend: { items, ramp: null } };
  }

  get rampColours() {
    return ramp();
  }

  get query() {
    return this.#query;
  }
}
