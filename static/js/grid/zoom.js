// One picture on a stage: fitted, zoomed by wheel, double click, keys and two fingers, moved when it is larger than the
// stage; a swipe of the fitted picture asks for the next one.
import { around } from "../dom.js";

/** @typedef {{ x: number, y: number }} Place */

const MOST = 8;
const STEP = 1.5;
// Pixels: shorter moves are a trembling hand.
const SWIPE = 48;

export class Zoom {
  #stage;
  #picture;
  #onSwipe;
  #size = { width: 1, height: 1 };
  #scale = 1;
  #x = 0;
  #y = 0;
  /** @type {Map<number, Place>} */
  #fingers = new Map();
  #begin = { x: 0, y: 0, spread: 0, count: 0, scale: 1, offsetX: 0, offsetY: 0 };

  /**
   * `onSwipe` is called with "left", "right" or "down".
   * @param {HTMLElement} stage
   * @param {HTMLElement} picture
   * @param {(way: "left" | "right" | "down") => void} onSwipe
   */
  constructor(stage, picture, onSwipe) {
    this.#stage = stage;
    this.#picture = picture;
    this.#onSwipe = onSwipe;
    stage.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => this.#toggle(event));
    stage.addEventListener("pointerdown", (event) => this.#onDown(event));
    stage.addEventListener("pointermove", (event) => this.#onMove(event));
    stage.addEventListener("pointerup", (event) => this.#onUp(event));
    stage.addEventListener("pointercancel", (event) => this.#onUp(event));
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  get scale() {
    return this.#scale;
  }

  /**
   * The size that the picture would have, in pixels of its own; small ones are enlarged a little.
   * @param {number} width
   * @param {number} height
   */
  show(width, height) {
    this.#size = { width, height };
    this.#picture.hidden = false;
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.#stage;
    const { width, height } = this.#size;
    const fitted = Math.min(clientWidth / width, clientHeight / height, Math.max(2, 320 / Math.max(width, height)));
    this.#picture.style.width = `${Math.round(width * fitted)}px`;
    this.#picture.style.height = `${Math.round(height * fitted)}px`;
    this.#scale = 1;
    this.#x = this.#y = 0;
    this.#draw();
  }

  /** @param {number} direction */
  zoom(direction) {
    if (direction === 0) this.fit();
    else this.#zoomTo(this.#scale * STEP ** direction, this.#middle());
  }

  #middle() {
    const box = this.#stage.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }

  /**
   * What lies under the point stays there.
   * @param {number} wanted
   * @param {Place} point
   */
  #zoomTo(wanted, point) {
    const scale = Math.min(MOST, Math.max(1, wanted));
    const middle = this.#middle();
    const change = scale / this.#scale;
    this.#x = (this.#x - (point.x - middle.x)) * change + (point.x - middle.x);
    this.#y = (this.#y - (point.y - middle.y)) * change + (point.y - middle.y);
    this.#scale = scale;
    this.#draw();
  }

  #draw() {
    const roomX = Math.max(0, (this.#picture.offsetWidth * this.#scale - this.#stage.clientWidth) / 2);
    const roomY = Math.max(0, (this.#picture.offsetHeight * this.#scale - this.#stage.clientHeight) / 2);
    this.#x = Math.min(roomX, Math.max(-roomX, this.#x));
    this.#y = Math.min(roomY, Math.max(-roomY, this.#y));
    this.#picture.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    this.#stage.classList.toggle("is-zoomed", this.#scale > 1);
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    event.preventDefault();
    const factor = Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400));
    this.#zoomTo(this.#scale * factor, { x: event.clientX, y: event.clientY });
  }

  /** @param {MouseEvent} event */
  #toggle(event) {
    if (this.#scale > 1) this.fit();
    else this.#zoomTo(2.5, { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (event.button || around(event, "button, a", HTMLElement)) return;
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#start();
  }

  #start() {
    const fingers = [...this.#fingers.values()];
    const state = { count: fingers.length, scale: this.#scale, offsetX: this.#x, offsetY: this.#y };
    this.#begin = { ...centre(fingers), spread: spread(fingers), ...state };
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const fingers = [...this.#fingers.values()];
    const now = centre(fingers);
    if (fingers.length === 2) {
      this.#zoomTo(this.#begin.scale * (spread(fingers) / (this.#begin.spread || 1)), now);
    } else if (this.#scale > 1) {
      this.#x = this.#begin.offsetX + now.x - this.#begin.x;
      this.#y = this.#begin.offsetY + now.y - this.#begin.y;
      this.#draw();
    }
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    const begin = this.#begin;
    this.#fingers.delete(event.pointerId);
    this.#start();
    if (event.type === "pointercancel" || begin.count !== 1 || begin.scale > 1) return;
    const [across, down] = [finger.x - begin.x, finger.y - begin.y];
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) this.#onSwipe(across < 0 ? "left" : "right");
    else if (down > 2 * SWIPE && down > 2 * Math.abs(across)) this.#onSwipe("down");
  }
}

/** @param {Place[]} fingers */
function centre(fingers) {
  const sum = fingers.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  const number = fingers.length || 1;
  return { x: sum.x / number, y: sum.y / number };
}

/** @param {Place[]} fingers */
function spread([first, second]) {
  return second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;
}
