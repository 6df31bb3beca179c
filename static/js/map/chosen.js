// The selection: which points it holds, how it stands out on the map, and its images in a grid beside the map.
import { adopt } from "../grid/grid.js";
import { fetched } from "./render/points.js";

export class Chosen extends EventTarget {
  token = "";
  count = 0;
  corners = null; // of one lasso or rectangle, which an address can hold
  #stage;
  #base;
  #panel;
  #csrf;
  #more = "";
  #isLoading = false;
  #asked = 0;

  constructor(stage, base, panel, csrf) {
    super();
    this.#stage = stage;
    this.#base = base;
    this.#panel = panel;
    this.#csrf = csrf;
    const watch = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.#loadMore(); }, { root: panel, rootMargin: "600px" });
    watch.observe(this.#part("more"));
    this.#part("more").addEventListener("click", () => this.#loadMore());
  }

  #part(name) {
    return this.#panel.querySelector(`[data-panel-${name}]`);
  }

  get isEmpty() {
    return !this.token;
  }

  // how: "new", "add", "subtract" or "within" of what is selected. Raises an error with a sentence.
  async select(shape, how = "new") {
    const asked = (this.#asked += 1);
    this.#panel.setAttribute("aria-busy", "true");
    try {
      const body = { ...shape, ...(how !== "new" && this.token ? { [how]: this.token } : {}) };
      const response = await fetch(`${this.#base}select`, {
        method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrf },
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(answer.detail ?? answer.error ?? `Nothing was selected: the server answered ${response.status}.`);
      if (asked !== this.#asked) return;
      this.corners = how === "new" || this.isEmpty ? (shape.polygon ?? null) : null;
      await this.#take(answer.token, answer.count);
    } finally {
      if (asked === this.#asked) this.#panel.removeAttribute("aria-busy");
    }
  }

  // A selection of the address.
  async open(token) {
    const response = await fetched(`${this.#base}selection/${token}.bin`, "The selection");
    const bits = new Uint8Array(await response.arrayBuffer());
    let count = 0;
    for (let byte of bits) for (; byte; byte &= byte - 1) count += 1;
    await this.#take(token, count, bits);
  }

  async #take(token, count, bits = null) {
    this.token = token;
    this.count = count;
    this.#more = `${this.#base}selection/${token}/`;
    this.#part("list").replaceChildren();
    this.#part("empty").hidden = count > 0;
    this.dispatchEvent(new Event("change"));
    const first = this.#loadMore();
    const response = bits ? null : await fetched(`${this.#base}selection/${token}.bin`, "The selection");
    const chosen = bits ?? new Uint8Array(await response.arrayBuffer());
    if (token !== this.token) return;
    const { marks, points } = this.#stage;
    for (let i = 0; i < points.count; i++) marks[4 * i + 1] = (chosen[i >> 3] >> (i & 7)) & 1 ? 0 : 1;
    this.#stage.remark();
    await first;
  }

  clear() {
    this.#asked += 1;
    if (this.isEmpty) return;
    this.token = "";
    this.count = 0;
    this.corners = null;
    this.#more = "";
    this.#part("list").replaceChildren();
    const { marks, points } = this.#stage;
    for (let i = 0; i < points.count; i++) marks[4 * i + 1] = 0;
    this.#stage.remark();
    this.dispatchEvent(new Event("change"));
  }

  async #loadMore() {
    if (this.#isLoading || !this.#more) return;
    const { token } = this;
    this.#isLoading = true;
    try {
      const response = await fetched(this.#more, "The images", { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (token !== this.token) return;
      const items = [...page.querySelectorAll("[data-grid] > li")];
      const link = page.querySelector("a[rel~=next]");
      this.#part("list").append(...items);
      this.#more = link ? new URL(link.getAttribute("href"), response.url).href : "";
      adopt(items);
      this.#part("list").dispatchEvent(new CustomEvent("gridgrown", { bubbles: true, detail: items }));
      this.#part("more").textContent = "More images";
    } catch (error) {
      this.#part("more").textContent = "The images did not arrive. Try again";
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    } finally {
      this.#isLoading = false;
      this.#part("more").hidden = !this.#more;
      if (token !== this.token) this.#loadMore();
    }
  }
}
