// Choosing several images: by their boxes, X and Shift, and what can be done with the chosen ones.
import { all, around, maybe, one } from "../dom.js";
import { isFolded, setStops } from "./grid.js";
import { refineLinks } from "../search/refine.js";

// The server takes a thousand fields of a form.
const MOST = 900;

/** @param {HTMLElement} item */
const idOf = (item) => item.dataset.image ?? "";
const allItems = () => all(document, "[data-group] [data-grid] > li", HTMLElement);
const shownItems = () => allItems().filter((item) => !isFolded(item));
/** @param {HTMLElement} item */
const nameOf = (item) => one(item, "img", HTMLImageElement).alt;

class Selection {
  #bar;
  #count;
  #tools;
  #choose;
  /** @type {Map<string, HTMLElement>} */
  #chosen = new Map();
  /** @type {HTMLElement | null} */
  #last = null;

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.#bar = bar;
    this.#count = one(bar, "[data-selection-count]", HTMLElement);
    this.#tools = one(document, "template[data-tile-tools]", HTMLTemplateElement);
    this.#choose = one(document, "[data-choose]", HTMLElement);
    for (const grid of all(document, "[data-group] [data-grid]", HTMLElement)) this.#listen(grid);
    document.addEventListener("gridgrown", () => { if (this.#isChoosing) this.#equipAll(); });
    bar.addEventListener("click", (event) => {
      this.#do(around(event, "[data-selection-do]", HTMLElement)?.dataset.selectionDo);
    });
    for (const form of all(bar, "form", HTMLFormElement)) {
      form.addEventListener("formdata", ({ formData }) => {
        for (const id of this.#chosen.keys()) formData.append("image", id);
      });
    }
    this.#choose.addEventListener("click", () => this.#setChoosing(!this.#isChoosing));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]") && this.#isChoosing) this.#clear();
    });
  }

  get #isChoosing() {
    return document.body.classList.contains("is-choosing");
  }

  /** @param {HTMLElement} grid */
  #listen(grid) {
      /** @param {Event} event */
    const equip = (event) => {
      const item = around(event, "li", HTMLElement);
      if (item) this.#equip(item);
    };
    grid.addEventListener("pointerover", equip);
    grid.addEventListener("focusin", equip);
    grid.addEventListener("click", (event) => this.#onClick(event), true);
    grid.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * An image gets its box and links when somebody comes near it; most never need them.
   * @param {HTMLElement} item
   */
  #equip(item) {
    if (item.querySelector(".pick")) return;
    item.append(this.#tools.content.cloneNode(true));
    one(item, ".pick input", HTMLInputElement).setAttribute("aria-label", `Select ${nameOf(item)}`);
    refineLinks(item, idOf(item), nameOf(item));
    setStops(item);
  }

  #equipAll() {
    for (const item of allItems()) this.#equip(item);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const item = around(event, "li", HTMLElement);
    if (!item) return;
    if (around(event, ".pick", HTMLElement)) {
      if (event.target instanceof HTMLInputElement) this.#pick(item, event.shiftKey);
      return;
    }
    // Once images are being chosen, a click on one chooses it too; Enter still opens it.
    const isOnImage = around(event, ".cell", HTMLElement) && event.detail > 0;
    if (!isOnImage || !(this.#isChoosing || event.shiftKey) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#equip(item);
    this.#pick(item, event.shiftKey);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const item = around(event, ".cell", HTMLElement)?.parentElement;
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "x" || event.key === "X") this.#pick(item, event.shiftKey);
    else if (event.shiftKey && event.key.startsWith("Arrow")) {
      // The arrow has moved on already: what was left and what was reached are both chosen.
      this.#set(item, true);
      const reached = document.activeElement?.closest("[data-grid] > li");
      this.#last = reached instanceof HTMLElement ? reached : item;
      this.#set(this.#last, true);
      this.#show();
    }
  }

  /**
   * @param {HTMLElement} item
   * @param {boolean} isRange
   */
  #pick(item, isRange) {
    const choose = !this.#chosen.has(idOf(item));
    const items = isRange && this.#last ? this.#between(this.#last, item) : [item];
    items.forEach((one) => this.#set(one, isRange || choose));
    this.#last = item;
    this.#show();
  }

  /**
   * @param {HTMLElement} first
   * @param {HTMLElement} second
   */
  #between(first, second) {
    const items = shownItems();
    const ends = [items.indexOf(first), items.indexOf(second)].sort((a, b) => a - b);
    return ends[0] < 0 ? [second] : items.slice(ends[0], ends[1] + 1);
  }

  /**
   * @param {HTMLElement} item
   * @param {boolean} isChosen
   */
  #set(item, isChosen) {
    const isFull = this.#chosen.size >= MOST;
    if (isChosen && !isFull) this.#chosen.set(idOf(item), item);
    else if (!isChosen) this.#chosen.delete(idOf(item));
    this.#equip(item);
    const now = this.#chosen.has(idOf(item));
    item.classList.toggle("is-chosen", now);
    one(item, ".pick input", HTMLInputElement).checked = now;
  }

  #show() {
    const count = this.#chosen.size;
    if (count) this.#setChoosing(true);
    const limit = count >= MOST ? `, the most there can be` : "";
    this.#count.textContent = count ? `${count} selected${limit}` : "None selected";
    for (const control of all(this.#bar, "[data-needs-chosen]", HTMLButtonElement)) control.disabled = !count;
  }

  /** @param {boolean} isChoosing */
  #setChoosing(isChoosing) {
    document.body.classList.toggle("is-choosing", isChoosing);
    this.#bar.hidden = !isChoosing;
    this.#choose.setAttribute("aria-pressed", String(isChoosing));
    if (!isChoosing) return this.#clear();
    this.#equipAll();
    if (!this.#chosen.size) this.#show();
  }

  #clear() {
    const hadFocus = this.#bar.contains(document.activeElement);
    for (const item of [...this.#chosen.values()]) this.#set(item, false);
    this.#last = null;
    document.body.classList.remove("is-choosing");
    this.#choose.setAttribute("aria-pressed", "false");
    this.#bar.hidden = true;
    if (hadFocus) maybe(document, "[data-grid] > li[data-current] .cell", HTMLElement)?.focus();
  }

  /** @param {string | undefined} action */
  #do(action) {
    if (action === "none") this.#clear();
    else if (action === "all") {
      shownItems().forEach((item) => this.#set(item, true));
      this.#show();
    } else if (action === "copy") this.#copy();
  }

  async #copy() {
    const links = [...this.#chosen.values()].map((item) => one(item, ".cell", HTMLAnchorElement).href);
    try {
      await navigator.clipboard.writeText(links.join("\n"));
      this.#count.textContent = `${links.length} links copied`;
    } catch {
      this.#count.textContent = "This browser did not let the links be copied";
    }
  }
}

const bar = maybe(document, "[data-selection]", HTMLElement);
if (bar) new Selection(bar);
