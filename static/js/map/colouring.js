// Which colour each point has and why: by its cluster, a tag, its date or how close it is to the query. A colour is one
// byte of a point, its place in the palette.
import { groupColours, ramp, token, written } from "./render/colours.js";
import { fetched } from "./render/points.js";

const GROUPS = 20;
const OTHER = 20;
const NONE = 21;
const NO_CLUSTER = 65_535;
const UNKNOWN = 255;

const opaque = (colour) => [...colour, 255];

async function bytes(address, what) {
  return new Uint8Array(await (await fetched(address, what)).arrayBuffer());
}

export class Colouring {
  by = "none"; // "none", "cluster", "date", "similarity", or "tag:" and its name
  legend = { items: [], ramp: null };
  hidden = new Set(); // places of the palette that are not shown
  #stage;
  #base;
  #clusters;
  #query = "";
  #asked = 0;
  #kept = new Map();

  // clusters: a promise of the levels of clusters; base: the address of the map's data
  constructor(stage, base, clusters) {
    this.#stage = stage;
    this.#base = base;
    this.#clusters = clusters;
  }

  async use(by, query = "") {
    const asked = (this.#asked += 1);
    const codes = await this.#codes(by, query);
    if (asked !== this.#asked) return;
    if (by !== this.by) this.hidden.clear();
    this.by = by;
    this.#query = query;
    for (let i = 0; i < codes.values.length; i++) this.#stage.marks[4 * i] = codes.values[i];
    if (!codes.values.length) for (let i = 0; i < this.#stage.points.count; i++) this.#stage.marks[4 * i] = 0;
    this.legend = codes.legend;
    this.#stage.remark();
    this.paint();
  }

  // Another theme, or other points that are not shown.
  paint() {
    const palette = new Uint8Array(1024);
    this.#colours().forEach((colour, place) => palette.set(colour, 4 * place));
    for (const place of this.hidden) palette[4 * place + 3] = 0;
    this.#stage.recolour(palette, token("--page"));
  }

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

  async #codes(by, query) {
    const kept = `${by} ${by === "similarity" ? query : ""}`;
    const found = this.#kept.get(kept) ?? (await this.#found(by, query));
    this.#kept.set(kept, found);
    if (this.#kept.size > 4) this.#kept.delete(this.#kept.keys().next().value);
    return found;
  }

  #found(by, query) {
    if (by === "cluster") return this.#byCluster();
    if (by === "date") return this.#byDate();
    if (by === "similarity") return this.#bySimilarity(query);
    if (by.startsWith("tag:")) return this.#byTag(by.slice(4));
    return { values: new Uint8Array(), legend: { items: [], ramp: null } };
  }

  async #byCluster() {
    const [planes, levels] = await Promise.all([bytes(`${this.#base}column/cluster-0.bin`, "The clusters"), this.#clusters]);
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
    const items = coarse.slice(0, GROUPS).map((cluster, place) => ({ place, label: cluster.label, count: counts[place], cluster }));
    if (counts[OTHER]) items.push({ place: OTHER, label: `${coarse.length - GROUPS} smaller clusters`, count: counts[OTHER] });
    if (counts[NONE]) items.push({ place: NONE, label: "in no cluster", count: counts[NONE] });
    return { values, legend: { items, ramp: null } };
  }

  async #byDate() {
    const [values, response] = await Promise.all([bytes(`${this.#base}column/date.bin`, "The dates"), fetched(`${this.#base}columns.json`, "The dates")]);
    const { date } = await response.json();
    const day = (iso) => new Date(iso).toLocaleDateString("en-GB", { year: "numeric", month: "short", day: "numeric" });
    const unknown = values.reduce((sum, value) => sum + (value === UNKNOWN), 0);
    const items = unknown ? [{ place: UNKNOWN, label: "no date", count: unknown }] : [];
    return { values, legend: { items, ramp: date && { low: day(date.first), high: day(date.last), last: UNKNOWN - 1 } } };
  }

  async #bySimilarity(query) {
    const address = `${this.#base}similarity.bin?q=${encodeURIComponent(query)}`;
    const response = await fetch(address);
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `The server answered ${response.status}.`);
    const values = new Uint8Array(await response.arrayBuffer());
    const score = (name) => Number(response.headers.get(name)).toFixed(3);
    return { values, legend: { items: [], ramp: { low: score("X-Score-Low"), high: score("X-Score-High"), last: 255 } } };
  }

  async #byTag(name) {
    const values = await bytes(`${this.#base}column/tag.bin?tag=${encodeURIComponent(name)}`, "The tag");
    const having = values.reduce((sum, value) => sum + value, 0);
    const items = [{ place: 1, label: name, count: having }, { place: 0, label: "without it", count: values.length - having }];
    return { values, legend: { items, ramp: null } };
  }

  get rampColours() {
    return ramp();
  }

  get query() {
    return this.#query;
  }
}
