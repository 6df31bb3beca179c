// The selection: which points it holds, how it stands out on the map, and its images in a grid beside the map.
import { all, maybe, one } from "../dom.js";
import { fetchPage } from "../fragment.js";
import { adopt } from "../grid/grid.js";
import { postJSON, RequestFailed } from "../http.js";
import { fetchBytes, Gone } from "./data.js";

export class Chosen extends EventTarget {
  token = "";
  count = 0;
  /** @type {Pair[] | null} */
  corners = null; // of one lasso or rectangle, which an address can hold
  #view;
  #base;
  #panel;
  #onFailure;
  #more = "";
  #isLoading = false;
  #asked = 0;

  /**
   * @param {MapView} view
   * @param {string} base
   * @param {HTMLElement} panel
   * @param {(error: unknown) => void} onFailure is told what kept the images of the list away
   */
  constructor(view, base, panel, onFailure) {
    super();
    this.#view = view;
    this.#base = base;
    this.#panel = panel;
    this.#onFailure = onFailure;
    const watch = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#loadMore();
    }, { root: panel, rootMargin: "600px" });
    watch.observe(this.#part("more"));
    this.#part("more").addEventListener("click", () => this.#loadMore());
  }

  /** @param {string} name */
  #part(name) {
    return one(this.#panel, `[data-panel-${name}]`, HTMLElement);
  }

  get isEmpty() {
    return !this.token;
  }

  /**
   * how: "new", "add", "subtract" or "within" of what is selected. Raises an error with a sentence.
   * @param {Shape} shape
   * @param {Combination} [how]
   */
  async select(shape, how = "new") {
    const asked = (this.#asked += 1);
    this.#panel.setAttribute("aria-busy", "true");
    try {
      const body = { ...shape, ...(how !== "new" && this.token ? { [how]: this.token } : {}) };
      /** @type {{ token: string, count: number }} */
      const answer = await postJSON(`${this.#base}select`, body, "Nothing was selected: the server answered {status}.");
      if (asked !== this.#asked) return;
      this.corners = how === "new" || this.isEmpty ? (shape.polygon ?? null) : null;
      await this.#take(answer.token, answer.count);
    } finally {
      if (asked === this.#asked) this.#panel.removeAttribute("aria-busy");
    }
  }

  /**
   * A selection of the address.
   * @param {string} token
   */
  async open(token) {
    const bits = await fetchBytes(`${this.#base}selection/${token}.bin`, "The selection");
    let count = 0;
    for (let byte of bits) for (; byte; byte &= byte - 1) count += 1;
    await this.#take(token, count, bits);
  }

  /**
   * @param {string} token
   * @param {number} count
   * @param {Uint8Array | null} [bits]
   */
  async #take(token, count, bits = null) {
    this.token = token;
    this.count = count;
    this.#more = `${this.#base}selection/${token}/`;
    this.#part("list").replaceChildren();
    this.#part("empty").hidden = count > 0;
    this.dispatchEvent(new Event("change"));
    const first = this.#loadMore();
    const chosen = bits ?? (await fetchBytes(`${this.#base}selection/${token}.bin`, "The selection"));
    if (token !== this.token) return;
    const { marks, points } = this.#view;
    for (let i = 0; i < points.count; i++) marks[4 * i + 1] = (chosen[i >> 3] >> (i & 7)) & 1 ? 0 : 1;
    this.#view.remark();
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
    const { marks, points } = this.#view;
    for (let i = 0; i < points.count; i++) marks[4 * i + 1] = 0;
    this.#view.remark();
    this.dispatchEvent(new Event("change"));
  }

  async #loadMore() {
    if (this.#isLoading || !this.#more) return;
    const { token } = this;
    this.#isLoading = true;
    try {
      const page = await fetchPage(this.#more, "The images did not arrive: the server answered {status}.");
      if (token !== this.token) return;
      const items = all(page, "[data-grid] > li", HTMLElement);
      const next = maybe(page, "a[rel~=next]", HTMLAnchorElement)?.getAttribute("href");
      this.#part("list").append(...items);
      this.#more = next ? new URL(next, new URL(this.#more, location.href)).href : "";
      adopt(items);
      this.#part("list").dispatchEvent(new CustomEvent("gridgrown", { bubbles: true, detail: items }));
      this.#part("more").textContent = "More images";
    } catch (error) {
      this.#part("more").textContent = "The images did not arrive. Try again";
      this.#onFailure(error instanceof RequestFailed && error.status === 404 ? new Gone() : error);
    } finally {
      this.#isLoading = false;
      this.#part("more").hidden = !this.#more;
      if (token !== this.token) this.#loadMore();
    }
  }
}
