// The choice of colours beside the map: the list of what can colour it, and the legend of what does.
import { Legend } from "./legend.js";
import { fetched } from "./render/points.js";

const NARROW = 620;

export class ColourChoice {
  #page;
  #panel;
  #select;
  #said;
  #legend;
  #usual = "none";

  constructor(page) {
    this.#page = page;
    this.#panel = page.map.querySelector("[data-legend]");
    this.#select = this.#panel.querySelector("[data-colour]");
    this.#said = this.#panel.querySelector("[data-legend-said]");
    const rename = page.data.rename ? (cluster, name) => this.#rename(cluster, name) : null;
    this.#legend = new Legend(this.#panel.querySelector("[data-legend-rows]"), page.colouring, () => this.#onToggle(), rename);
    this.#select.addEventListener("change", () => this.use(this.#select.value).then(() => page.address.write(true)));
    this.#panel.open = page.stage.camera.width > NARROW;
  }

  async use(by) {
    const { colouring, search } = this.#page;
    this.#said.hidden = true;
    this.#panel.setAttribute("aria-busy", "true");
    try {
      await colouring.use(by, search.query);
    } catch (error) {
      this.#said.textContent = error.message === "gone" ? "The colours of this map are not there." : error.message;
      this.#said.hidden = false;
    }
    this.#panel.removeAttribute("aria-busy");
    this.#select.value = colouring.by;
    search.areColours = colouring.by === "similarity";
    this.show();
    this.#page.thumbnails.choose();
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
    const { colouring, search } = this.#page;
    this.#select.querySelector("[value=similarity]").disabled = !search.query;
    if (colouring.by !== "similarity" || colouring.query === search.query) return;
    await this.use(search.query ? "similarity" : this.#usual);
  }

  #onToggle() {
    const { colouring, thumbnails, address } = this.#page;
    colouring.paint();
    thumbnails.choose();
    address.write();
  }

  // Which colours there are depends on the map; the groups are shown where there are any.
  async restore({ colour = "", hide = "" }) {
    const { clusters, data, colouring } = this.#page;
    const columns = fetched(`${data.base}columns.json`, "The colours").then((answer) => answer.json()).catch(() => ({ date: null, tags: [] }));
    const [levels, { date, tags }] = await Promise.all([clusters, columns]);
    const offer = (value, isThere) => Object.assign(this.#select.querySelector(`[value=${value}]`), { hidden: !isThere, disabled: !isThere });
    offer("cluster", levels.some((level) => level.clusters.length));
    offer("date", Boolean(date));
    const group = this.#select.querySelector("[data-colour-tags]");
    group.hidden = !tags.length;
    group.replaceChildren(...tags.map(({ name, count }) => new Option(`${name} (${count.toLocaleString("en")})`, `tag:${name}`)));
    this.#usual = levels.some((level) => level.clusters.length) ? "cluster" : "none";
    const by = colour && colour !== "similarity" ? colour : this.#usual;
    const isOffered = [...this.#select.options].some((option) => option.value === by && !option.disabled);
    await this.use(isOffered || by.startsWith("tag:") ? by : this.#usual);
    if (colour !== "similarity") this.#hide(hide);
    if (!colouring.legend.ramp && !colouring.legend.items.length) this.show();
  }

  // Comes after the query has been asked.
  async restoreSimilarity({ colour, hide = "" }) {
    if (colour !== "similarity" || !this.#page.search.query) return;
    await this.use("similarity");
    this.#hide(hide);
  }

  #hide(places) {
    const { colouring } = this.#page;
    for (const place of places.split(".").filter(Boolean)) colouring.hidden.add(Number(place));
    if (!colouring.hidden.size) return;
    colouring.paint();
    this.show();
  }

  state() {
    const { colouring } = this.#page;
    return { colour: colouring.by === this.#usual ? "" : colouring.by, hide: [...colouring.hidden].sort((a, b) => a - b).join(".") };
  }

  async #rename(cluster, name) {
    const { data, selecting, captions, clusters } = this.#page;
    const response = await fetch(data.rename.replace("/0/0/", `/0/${cluster.number}/`), {
      method: "POST", body: new URLSearchParams({ name }), headers: { Accept: "application/json", "X-CSRFToken": selecting.csrf },
    });
    if (!response.ok) {
      this.#said.textContent = (await response.json().catch(() => ({}))).detail ?? "The name was not kept. Try again.";
      this.#said.hidden = false;
      throw new Error(this.#said.textContent);
    }
    // Without a name it has the encoder's words again, so what it is called is for the server to say.
    cluster.label = (await response.json()).label;
    captions.levels = await clusters;
    return cluster.label;
  }
}
