// Selections and the panel beside the map: what is drawn becomes a selection, and a selection a grid with things to do.
import { maybe, one } from "../dom.js";
import { postJSON, sentenceOf } from "../http.js";
import { count } from "../words.js";
import { readCorners } from "./address.js";
import { Gone } from "./data.js";

const NOT_KEPT = "This selection is no longer kept.";

/**
 * @typedef {{
 *   view: MapView, data: MapData, surface: HTMLElement, address: Address,
 *   say: (sentence: string) => void, note: (sentence: string) => void, lookWhetherGone: () => Promise<boolean>,
 * }} Parts
 */

export class Selecting {
  #parts;
  #panel;
  /** @type {Chosen | null} */
  #chosen = null;
  /** @type {Promise<Chosen> | null} */
  #coming = null;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#panel = one(document, "[data-map-panel]", HTMLElement);
    const tag = maybe(this.#panel, "[data-panel-tag]", HTMLFormElement);
    tag?.addEventListener("submit", (event) => this.#tag(event, tag));
    const search = one(this.#panel, "[data-panel-search] [name=selection]", HTMLInputElement).form;
    search?.addEventListener("formdata", ({ formData }) => formData.set("selection", this.#chosen?.token ?? ""));
  }

  // The grid waits for the first paint, and its module with it.
  #made() {
    this.#coming ??= import("./chosen.js").then(({ Chosen }) => {
      const chosen = new Chosen(this.#parts.view, this.#parts.data.base, this.#panel, (error) => {
        this.#say(error instanceof Gone ? NOT_KEPT : sentenceOf(error), true);
      });
      chosen.addEventListener("change", () => this.#show(chosen));
      this.#chosen = chosen;
      return chosen;
    });
    return this.#coming;
  }

  get isEmpty() {
    return !this.#chosen || this.#chosen.isEmpty;
  }

  /** @returns {Combination} */
  get how() {
    if (this.isEmpty) return "new";
    return /** @type {Combination} */ (one(this.#panel, "[name=how]:checked", HTMLInputElement).value);
  }

  /**
   * @param {Shape} shape
   * @param {Combination} [how]
   */
  async select(shape, how = this.how) {
    const { say, note, address, lookWhetherGone } = this.#parts;
    const chosen = await this.#made();
    say("Selecting");
    try {
      await chosen.select(shape, how);
      address.write(true);
    } catch (error) {
      const sentence = error instanceof Gone ? `${NOT_KEPT} Draw it anew.` : sentenceOf(error);
      if (!(await lookWhetherGone())) note(sentence);
    }
    const many = `${count(chosen.count)} images are selected, in the list beside the map`;
    say(chosen.isEmpty ? "Nothing is selected" : many);
  }

  // What is seen, or what is selected, as a list.
  async list() {
    if (!this.isEmpty) {
      this.#panel.hidden = !this.#panel.hidden;
      if (!this.#panel.hidden) this.#focusList();
      return;
    }
    const [left, bottom, right, top] = this.#parts.view.camera.window;
    await this.select({ polygon: [[left, bottom], [right, bottom], [right, top], [left, top]] });
    this.#focusList();
  }

  #focusList() {
    const first = maybe(this.#panel, "[data-grid] .cell", HTMLElement);
    (first ?? one(this.#panel, "[data-choose]", HTMLElement)).focus({ preventScroll: true });
  }

  clear() {
    const hadFocus = this.#panel.contains(document.activeElement);
    if (this.isEmpty) return;
    this.#chosen?.clear();
    this.#parts.address.write(true);
    if (hadFocus) this.#parts.surface.focus();
  }

  // So that all of the selection is seen.
  fit() {
    const { view } = this.#parts;
    if (!this.#chosen?.count) return;
    /** @type {Box} */
    const extent = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < view.points.loaded; i++) {
      if (view.marks[4 * i + 1]) continue;
      const [x, y] = view.placeOf(i);
      extent[0] = Math.min(extent[0], x);
      extent[1] = Math.min(extent[1], y);
      extent[2] = Math.max(extent[2], x);
      extent[3] = Math.max(extent[3], y);
    }
    view.camera.flyAround(extent);
  }

  /** @param {Chosen} chosen */
  #show(chosen) {
    const { view, data } = this.#parts;
    /** @param {string} name */
    const part = (name) => one(this.#panel, `[data-panel-${name}]`, HTMLElement);
    this.#panel.hidden = chosen.isEmpty;
    one(document, "[data-map-do=list]", HTMLElement).setAttribute("aria-pressed", String(!chosen.isEmpty));
    if (chosen.isEmpty) return;
    part("count").textContent = count(chosen.count);
    part("words").textContent = `of ${count(view.points.count)} image${view.points.count === 1 ? "" : "s"} selected`;
    part("do").hidden = !chosen.count;
    part("said").hidden = true;
    const base = `${data.base}selection/${chosen.token}/`;
    one(this.#panel, "[data-panel-export]", HTMLAnchorElement).href = `${base}export.csv`;
    for (const action of ["collect", "tag"]) {
      const form = maybe(this.#panel, `[data-panel-${action}]`, HTMLFormElement);
      if (form) form.action = `${base}${action}`;
    }
  }

  /**
   * @param {string} sentence
   * @param {boolean} isWarning
   */
  #say(sentence, isWarning) {
    const said = one(this.#panel, "[data-panel-said]", HTMLElement);
    said.textContent = sentence;
    said.classList.toggle("is-warning", isWarning);
    said.hidden = false;
  }

  /**
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  async #tag(event, form) {
    event.preventDefault();
    try {
      const failure = "The tag was not given: the server answered {status}.";
      /** @type {{ message: string }} */
      const { message } = await postJSON(form.action, new FormData(form), failure);
      form.reset();
      this.#say(message, false);
    } catch (error) {
      this.#say(sentenceOf(error), true);
    }
  }

  /**
   * What the address says of the selection; `write` puts corners into text.
   * @param {(corners: Pair[], bounds: MapBounds) => string} write
   * @returns {AddressParameters}
   */
  state(write) {
    if (!this.#chosen || this.#chosen.isEmpty) return {};
    const { corners, token } = this.#chosen;
    return corners ? { lasso: write(corners, this.#parts.view.camera.bounds) } : { selection: token };
  }

  /**
   * The selection that an address names. Raises an Error with a sentence where it is no longer kept.
   * @param {AddressParameters} asked
   */
  async follow({ lasso = "", selection = "" }) {
    const now = this.state(() => lasso);
    if ((now.lasso ?? "") === lasso && (now.selection ?? "") === selection) return;
    if (!lasso && !selection) {
      this.#chosen?.clear();
      return;
    }
    const chosen = await this.#made();
    const corners = lasso && readCorners(lasso, this.#parts.view.camera.bounds);
    try {
      if (corners) await chosen.select({ polygon: corners });
      else if (selection) await chosen.open(selection);
    } catch (error) {
      const sentence = "The selection of this address is no longer kept; it lasts a day. Draw it anew.";
      throw error instanceof Gone ? new Error(sentence) : error;
    }
  }
}
