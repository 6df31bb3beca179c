// Choosing several images: by their boxes, X and Shift, and what can be done with the chosen ones.
import { isFolded, setStops } from "./grid.js";
import { refineLinks } from "../search/refine.js";

// The server takes a thousand fields of a form.
const MOST = 900;

const idOf = (item) => item.dataset.image;
const shownItems = () => [...document.querySelectorAll("[data-group] [data-grid] > li")].filter((item) => !isFolded(item));
const nameOf = (item) => item.querySelector("img").alt;

class Selection {
  #bar;
  #count;
  #tools;
  #chosen = new Map();
  #last = null;

  constructor(bar) {
    this.#bar = bar;
    this.#count = bar.querySelector("[data-selection-count]");
    this.#tools = document.querySelector("template[data-tile-tools]");
    for (const grid of document.querySelectorAll("[data-group] [data-grid]")) this.#listen(grid);
    document.addEventListener("gridgrown", () => { if (this.#isChoosing) this.#equipAll(); });
    bar.addEventListener("click", (event) => this.#do(event.target.closest("[data-selection-do]")?.dataset.selectionDo));
    bar.querySelectorAll("form").forEach((form) => form.addEventListener("formdata", ({ formData }) => {
      for (const id of this.#chosen.keys()) formData.append("image", id);
    }));
    const choose = document.querySelector("[data-choose]");
    choose.addEventListener("click", () => this.#setChoosing(!this.#isChoosing));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]") && this.#isChoosing) this.#clear();
    });
  }

  get #isChoosing() {
    return document.body.classList.contains("is-choosing");
  }

  #listen(grid) {
    const equip = (event) => {
      const item = event.target.closest("li");
      if (item) this.#equip(item);
    };
    grid.addEventListener("pointerover", equip);
    grid.addEventListener("focusin", equip);
    grid.addEventListener("click", (event) => this.#onClick(event), true);
    grid.addEventListener("keydown", (event) => this.#onKey(event));
  }

  // An image gets its box and links when somebody comes near it; most never need them.
  #equip(item) {
    if (item.querySelector(".pick")) return;
    item.append(this.#tools.content.cloneNode(true));
    item.querySelector(".pick input").setAttribute("aria-label", `Select ${nameOf(item)}`);
    refineLinks(item, idOf(item), nameOf(item));
    setStops(item);
  }

  #equipAll() {
    document.querySelectorAll("[data-group] [data-grid] > li").forEach((item) => this.#equip(item));
  }

  #onClick(event) {
    const item = event.target.closest("li");
    if (!item) return;
    if (event.target.closest(".pick")) {
      if (event.target.matches("input")) this.#pick(item, event.shiftKey);
      return;
    }
    // Once images are being chosen, a click on one chooses it too; Enter still opens it.
    const isOnImage = event.target.closest(".cell") && event.detail > 0;
    if (!isOnImage || !(this.#isChoosing || event.shiftKey) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#equip(item);
    this.#pick(item, event.shiftKey);
  }

  #onKey(event) {
    const item = event.target.closest(".cell")?.parentElement;
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "x" || event.key === "X") this.#pick(item, event.shiftKey);
    else if (event.shiftKey && event.key.startsWith("Arrow")) {
      // The arrow has moved on already: what was left and what was reached are both chosen.
      this.#set(item, true);
      const reached = document.activeElement.closest?.("[data-grid] > li");
      if (reached) this.#set(reached, true);
      this.#last = reached ?? item;
      this.#show();
    }
  }

  #pick(item, isRange) {
    const choose = !this.#chosen.has(idOf(item));
    const items = isRange && this.#last ? this.#between(this.#last, item) : [item];
    items.forEach((one) => this.#set(one, isRange || choose));
    this.#last = item;
    this.#show();
  }

  #between(first, second) {
    const items = shownItems();
    const ends = [items.indexOf(first), items.indexOf(second)].sort((a, b) => a - b);
    return ends[0] < 0 ? [second] : items.slice(ends[0], ends[1] + 1);
  }

  #set(item, isChosen) {
    const isFull = this.#chosen.size >= MOST;
    if (isChosen && !isFull) this.#chosen.set(idOf(item), item);
    else if (!isChosen) this.#chosen.delete(idOf(item));
    this.#equip(item);
    const now = this.#chosen.has(idOf(item));
    item.classList.toggle("is-chosen", now);
    item.querySelector(".pick input").checked = now;
  }

  #show() {
    const count = this.#chosen.size;
    if (count) this.#setChoosing(true);
    const limit = count >= MOST ? `, the most there can be` : "";
    this.#count.textContent = count ? `${count} selected${limit}` : "None selected";
    this.#bar.querySelectorAll("[data-needs-chosen]").forEach((control) => { control.disabled = !count; });
  }

  #setChoosing(isChoosing) {
    document.body.classList.toggle("is-choosing", isChoosing);
    this.#bar.hidden = !isChoosing;
    document.querySelector("[data-choose]").setAttribute("aria-pressed", String(isChoosing));
    if (!isChoosing) return this.#clear();
    this.#equipAll();
    if (!this.#chosen.size) this.#show();
  }

  #clear() {
    const hadFocus = this.#bar.contains(document.activeElement);
    for (const item of [...this.#chosen.values()]) this.#set(item, false);
    this.#last = null;
    document.body.classList.remove("is-choosing");
    document.querySelector("[data-choose]").setAttribute("aria-pressed", "false");
    this.#bar.hidden = true;
    if (hadFocus) document.querySelector("[data-grid] > li[data-current] .cell")?.focus();
  }

  #do(action) {
    if (action === "none") this.#clear();
    else if (action === "all") {
      shownItems().forEach((item) => this.#set(item, true));
      this.#show();
    } else if (action === "copy") this.#copy();
  }

  async #copy() {
    const links = [...this.#chosen.values()].map((item) => item.querySelector(".cell").href);
    try {
      await navigator.clipboard.writeText(links.join("\n"));
      this.#count.textContent = `${links.length} links copied`;
    } catch {
      this.#count.textContent = "This browser did not let the links be copied";
    }
  }
}

const bar = document.querySelector("[data-selection]");
if (bar) new Selection(bar);
