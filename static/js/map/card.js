// What lies under the pointer, or was chosen: its image, name, coordinates and cluster. Under a finger a card would be
// hidden; there it lies at the bottom and is the link itself.

const DELAY = 45;
const NARROW = 620;

export class Card {
  #card;
  #stage;
  #facts;
  #index = null;
  #timer = 0;
  #isPinned = false;
  #at = [0, 0];

  constructor(card, stage, facts) {
    this.#card = card;
    this.#stage = stage;
    this.#facts = facts;
    stage.addEventListener("view", () => this.#place());
  }

  get index() {
    return this.#index;
  }

  get isPinned() {
    return this.#isPinned;
  }

  // The point under the pointer, or null. What is pinned stays.
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
    else this.#timer = setTimeout(() => this.#fill(index, false), DELAY);
  }

  // Stays beside its point until it is let go.
  async pin(index, isTouch = false) {
    clearTimeout(this.#timer);
    this.#index = index;
    this.#isPinned = true;
    this.#card.classList.toggle("is-sheet", isTouch || this.#stage.camera.width < NARROW);
    this.#card.classList.add("is-pinned");
    await this.#fill(index, true);
    return this.#facts.peek(index);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#index = null;
    this.#isPinned = false;
    this.#card.hidden = true;
    this.#card.classList.remove("is-sheet", "is-pinned");
  }

  async #fill(index) {
    const found = await this.#facts.get(index, true).catch(() => null);
    if (this.#index !== index || !found) return;
    const field = (name) => this.#card.querySelector(`[data-field=${name}]`);
    const image = this.#card.querySelector("img");
    if (found.url) this.#card.href = found.url;
    else this.#card.removeAttribute("href");
    image.hidden = Boolean(found.gone);
    if (!found.gone) image.src = found.thumbnail;
    field("name").textContent = found.gone ? "This image is gone" : found.name;
    field("place").textContent = `${found.x.toFixed(2)}, ${found.y.toFixed(2)}`;
    field("cluster").textContent = [...new Set((found.clusters ?? []).filter(Boolean))].join(" \u203a ");
    field("score").textContent = found.score === undefined ? "" : `score ${found.score.toFixed(3)}`;
    this.#card.hidden = false;
    this.#place();
  }

  // Beside the pointer or the pinned point, on the side where there is room.
  #place() {
    if (this.#card.hidden || this.#card.classList.contains("is-sheet")) return;
    const { width, height } = this.#stage.camera;
    const [x, y] = this.#isPinned ? this.#stage.pixelsOf(this.#index) : this.#at;
    const gap = this.#isPinned ? 76 : 20;
    const { offsetWidth, offsetHeight } = this.#card;
    const left = x + gap + offsetWidth > width ? x - gap - offsetWidth : x + gap;
    const top = Math.min(Math.max(8, y - offsetHeight / 2), height - offsetHeight - 8);
    this.#card.style.transform = `translate(${Math.round(Math.max(8, left))}px, ${Math.round(top)}px)`;
  }
}
