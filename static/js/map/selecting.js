// Selections and the panel beside the map: what is drawn becomes a selection, and a selection a grid with things to do.
import { readCorners } from "./address.js";

export class Selecting {
  #page;
  #panel;
  #chosen = null;
  #coming;

  constructor(page) {
    this.#page = page;
    this.#panel = document.querySelector("[data-map-panel]");
    this.csrf = document.querySelector("[name=csrfmiddlewaretoken]").value;
    this.#panel.querySelector("[data-panel-tag]")?.addEventListener("submit", (event) => this.#tag(event));
    this.#panel.querySelector("[data-panel-search] [name=selection]").form.addEventListener("formdata", ({ formData }) => formData.set("selection", this.#chosen.token));
  }

  // The grid waits for the first paint, and its module with it.
  #made() {
    this.#coming ??= import("./chosen.js").then(({ Chosen }) => {
      this.#chosen = new Chosen(this.#page.stage, this.#page.data.base, this.#panel, this.csrf);
      this.#chosen.addEventListener("change", () => this.#show());
      this.#chosen.addEventListener("failed", ({ detail }) => this.#say(detail.message === "gone" ? "This selection is no longer kept." : detail.message, true));
      return this.#chosen;
    });
    return this.#coming;
  }

  get isEmpty() {
    return !this.#chosen || this.#chosen.isEmpty;
  }

  get how() {
    return this.isEmpty ? "new" : this.#panel.querySelector("[name=how]:checked").value;
  }

  async select(shape, how = this.how) {
    const chosen = await this.#made();
    this.#page.say("Selecting");
    try {
      await chosen.select(shape, how);
      this.#page.address.write(true);
    } catch (error) {
      if (!(await this.#page.lookWhetherGone())) this.#page.note(error.message === "gone" ? "This selection is no longer kept. Draw it anew." : error.message);
    }
    this.#page.say(chosen.isEmpty ? "Nothing is selected" : `${chosen.count.toLocaleString("en")} images are selected, in the list beside the map`);
  }

  // What is seen, or what is selected, as a list.
  async list() {
    if (!this.isEmpty) {
      this.#panel.hidden = !this.#panel.hidden;
      if (!this.#panel.hidden) this.#focusList();
      return;
    }
    const [left, bottom, right, top] = this.#page.stage.camera.window;
    await this.select({ polygon: [[left, bottom], [right, bottom], [right, top], [left, top]] });
    this.#focusList();
  }

  #focusList() {
    (this.#panel.querySelector("[data-grid] .cell") ?? this.#panel.querySelector("[data-choose]")).focus({ preventScroll: true });
  }

  clear() {
    const hadFocus = this.#panel.contains(document.activeElement);
    if (this.isEmpty) return false;
    this.#chosen.clear();
    this.#page.address.write(true);
    if (hadFocus) this.#page.surface.focus();
    return true;
  }

  // So that all of the selection is seen.
  fit() {
    const { marks, points } = this.#page.stage;
    if (this.isEmpty || !this.#chosen.count) return;
    const extent = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < points.loaded; i++) {
      if (marks[4 * i + 1]) continue;
      const [x, y] = this.#page.stage.placeOf(i);
      extent[0] = Math.min(extent[0], x);
      extent[1] = Math.min(extent[1], y);
      extent[2] = Math.max(extent[2], x);
      extent[3] = Math.max(extent[3], y);
    }
    this.#page.stage.camera.flyAround(extent);
  }

  #show() {
    const chosen = this.#chosen;
    const part = (name) => this.#panel.querySelector(`[data-panel-${name}]`);
    this.#panel.hidden = chosen.isEmpty;
    document.querySelector("[data-map-do=list]").setAttribute("aria-pressed", String(!chosen.isEmpty));
    if (chosen.isEmpty) return;
    part("count").textContent = chosen.count.toLocaleString("en");
    part("words").textContent = `of ${this.#page.stage.points.count.toLocaleString("en")} image${this.#page.stage.points.count === 1 ? "" : "s"} selected`;
    part("do").hidden = !chosen.count;
    part("said").hidden = true;
    const base = `${this.#page.data.base}selection/${chosen.token}/`;
    part("export").href = `${base}export.csv`;
    if (part("collect")) part("collect").action = `${base}collect`;
    if (part("tag")) part("tag").action = `${base}tag`;
  }

  #say(sentence, isWarning = false) {
    const said = this.#panel.querySelector("[data-panel-said]");
    said.textContent = sentence;
    said.classList.toggle("is-warning", isWarning);
    said.hidden = false;
  }

  async #tag(event) {
    event.preventDefault();
    const form = event.target;
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json", "X-CSRFToken": this.csrf } });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) form.reset();
    this.#say(answer.message ?? answer.detail ?? answer.error ?? `The tag was not given: the server answered ${response.status}.`, !response.ok);
  }

  state(writtenCorners) {
    if (this.isEmpty) return {};
    const { corners, token } = this.#chosen;
    return corners ? { lasso: writtenCorners(corners, this.#page.stage.camera.bounds) } : { selection: token };
  }

  // The selection that an address names.
  async follow({ lasso, selection }) {
    const now = this.state(() => lasso);
    if ((now.lasso ?? "") === (lasso ?? "") && (now.selection ?? "") === (selection ?? "")) return;
    if (!lasso && !selection) {
      this.#chosen?.clear();
      return;
    }
    const chosen = await this.#made();
    const corners = lasso && readCorners(lasso, this.#page.stage.camera.bounds);
    try {
      if (corners) await chosen.select({ polygon: corners });
      else if (selection) await chosen.open(selection);
    } catch (error) {
      throw error.message === "gone" ? new Error("The selection of this address is no longer kept; it lasts a day. Draw it anew.") : error;
    }
  }
}
