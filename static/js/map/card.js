// What lies under the pointer, or was chosen: its image, name, coordinates and cluster. Under a finger a card would be
// hidden; there it lies at the bottom and is the link itself.
import { one } from "../dom.js";

const DELAY = 45;
const NARROW = 620;

export class Card {
  #card;
  #view;
  #facts;
  /** @type {number | null} */
  #index = null;
  #timer = 0;
  #isPinned = false;
  /** @type {Pair} */
  #at = [0, 0];

  /**
   * @param {HTMLAnchorElement} card
   * @param {MapView} view
   * @param {PointLookup} facts
   */
  constructor(card, view, facts) {
    this.#card = card;
    this.#view = view;
    this.#facts = facts;
    view.addEventListener("view", () => this.#place());
  }

  get index() {
    return this.#index;
  }

  get isPinned() {
    return this.#isPinned;
  }

  /**
   * The point under the pointer, or null. What is pinned stays.
   * @param {number | null} index
   * @param {number} x
   * @param {number} y
   */
  follow(index, x, y) {
    if (this.#isPinned) return;
    this.#at = [x, y];
    if (index === this.#index) {
      this.#place();
      return;
    }
    this.#index = index;
    clearTimeout(this.#timer);
    if (index === null) this.hide();
    else this.#timer = setTimeout(() => this.#fill(index), DELAY);
  }

  /**
   * Stays beside its point until it is let go.
   * @param {number} index
   * @param {boolean} [isTouch]
   */
  async pin(index, isTouch = false) {
    clearTimeout(this.#timer);
    this.#index = index;
    this.#isPinned = true;
    this.#card.classList.toggle("is-sheet", isTouch || this.#view.camera.width < NARROW);
    this.#card.classList.add("is-pinned");
    await this.#fill(index);
    return this.#facts.peek(index);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#index = null;
    this.#isPinned = false;
    this.#card.hidden = true;
    this.#card.classList.remove("is-sheet", "is-pinned");
  }

  /** @param {number} index */
  async #fill(index) {
    const found = await this.#facts.get(index, true).catch(() => null);
    if (this.#index !== index || !found) return;
    const image = one(this.#card, "img", HTMLImageElement);
    image.hidden = Boolean(found.gone);
    if (found.gone) this.#card.removeAttribute("href");
    else {
      this.#card.href = found.url;
      image.src = found.thumbnail;
    }
    this.#write("name", found.gone ? "This image is gone" : found.name);
    this.#write("place", `${found.x.toFixed(2)}, ${found.y.toFixed(2)}`);
    this.#write("cluster", [...new Set((found.clusters ?? []).filter(Boolean))].join(" \u203a "));
    this.#write("score", found.score === undefined ? "" : `score ${found.score.toFixed(3)}`);
    this.#card.hidden = false;
    this.#place();
  }

  /**
   * @param {string} field
   * @param {string} text
   */
  #write(field, text) {
    one(this.#card, `[data-field=${field}]`, HTMLElement).textContent = text;
  }

  // Beside the pointer or the pinned point, on the side where there is room.
  #place() {
    if (this.#card.hidden || this.#card.classList.contains("is-sheet")) return;
    const { width, height } = this.#view.camera;
    const [x, y] = this.#isPinned && this.#index !== null ? this.#view.pixelsOf(this.#index) : this.#at;
    const gap = this.#isPinned ? 76 : 20;
    const { offsetWidth, offsetHeight } = this.#card;
    const left = x + gap + offsetWidth > width ? x - gap - offsetWidth : x + gap;
    const top = Math.min(Math.max(8, y - offsetHeight / 2), height - offsetHeight - 8);
    this.#card.style.transform = `translate(${Math.round(Math.max(8, left))}px, ${Math.round(top)}px)`;
  }
}
