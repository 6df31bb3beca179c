// What a hand does on the map: drag, wheel and double click; one finger moves, two zoom, a tap or click picks. While
// somebody draws a selection, the same hand draws.
import { around } from "../dom.js";

const CLICK_SLACK = 5;
const TAP_SLACK = 10;
const WHEEL = 0.0016;
const DOUBLE = 2;

/** @param {Pair[]} fingers */
const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
/** @param {Pair[]} fingers */
const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/**
 * `draws` gives what takes the places of a hand that begins to draw, or null.
 * @typedef {{
 *   onHover: (x: number, y: number) => void, onLeave: () => void, draws: (event: PointerEvent) => Stroke | null,
 *   onPick: (x: number, y: number, isTouch: boolean, event: PointerEvent) => void,
 * }} GestureListener
 */

export class Gestures {
  #surface;
  #camera;
  #listener;
  /** @type {Map<number, { at: Pair, draw: Stroke | null }>} */
  #fingers = new Map();
  #travelled = 0;
  #hadTwo = false;

  /**
   * listener: { onHover(x, y), onLeave(), onPick(x, y, isTouch, event), draws(event): a function of further places or
   * null }
   * @param {HTMLElement} surface
   * @param {Camera} camera
   * @param {GestureListener} listener
   */
  constructor(surface, camera, listener) {
    this.#surface = surface;
    this.#camera = camera;
    this.#listener = listener;
    surface.addEventListener("pointerdown", (event) => this.#onDown(event));
    surface.addEventListener("pointermove", (event) => this.#onMove(event));
    surface.addEventListener("pointerup", (event) => this.#onUp(event));
    surface.addEventListener("pointercancel", (event) => this.#onUp(event));
    surface.addEventListener("pointerleave", () => listener.onLeave());
    surface.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    surface.addEventListener("dblclick", (event) => {
      const [x, y] = this.#at(event);
      const place = camera.placeOf(x, y);
      const zoom = camera.zoom * (event.shiftKey ? 1 / DOUBLE : DOUBLE);
      camera.flyTo(camera.x + (place[0] - camera.x) / 2, camera.y + (place[1] - camera.y) / 2, zoom, 220);
    });
  }

  /**
   * @param {MouseEvent} event
   * @returns {Pair}
   */
  #at(event) {
    const box = this.#surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    const control = around(event, "button, a", HTMLElement);
    // Names stand all over the map, so that what is drawn may begin over one.
    if (event.button > 0 || (control && !control.matches(".map-caption"))) return;
    if (!this.#fingers.size) this.#travelled = 0;
    const draw = this.#fingers.size ? null : this.#listener.draws(event);
    if (control && !draw) return;
    this.#hadTwo = this.#fingers.size > 0;
    this.#fingers.set(event.pointerId, { at: this.#at(event), draw });
    draw?.(this.#at(event), false);
    // A click on a name stays one as long as the hand rests.
    if (!control) this.#surface.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const now = this.#at(event);
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType === "mouse") this.#listener.onHover(...now);
      return;
    }
    const before = [...this.#fingers.values()].map(({ at }) => at);
    const [dx, dy] = [now[0] - finger.at[0], now[1] - finger.at[1]];
    this.#travelled += Math.hypot(dx, dy);
    finger.at = now;
    if (this.#travelled > this.#slack(event)) this.#surface.setPointerCapture(event.pointerId);
    if (finger.draw) finger.draw(now, false);
    else if (this.#fingers.size === 2) this.#pinch(before, [...this.#fingers.values()].map(({ at }) => at));
    else if (this.#fingers.size === 1 && this.#travelled > this.#slack(event)) {
      this.#surface.classList.add("is-dragged");
      this.#camera.pan(dx, dy);
    }
  }

  /** @param {PointerEvent} event */
  #slack(event) {
    return event.pointerType === "mouse" ? CLICK_SLACK : TAP_SLACK;
  }

  /**
   * @param {Pair[]} before
   * @param {Pair[]} after
   */
  #pinch(before, after) {
    const [x, y] = middle(after);
    const [oldX, oldY] = middle(before);
    this.#camera.pan(x - oldX, y - oldY);
    this.#camera.zoomAt(Math.max(1, spread(after)) / Math.max(1, spread(before)), x, y);
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    this.#fingers.delete(event.pointerId);
    this.#surface.classList.remove("is-dragged");
    if (finger.draw) finger.draw(this.#at(event), true);
    else if (event.type === "pointerup" && this.#isTap(event)) {
      this.#listener.onPick(...this.#at(event), event.pointerType !== "mouse", event);
    }
  }

  /**
   * Whether the last finger is lifted that was alone all the time, and hardly moved.
   * @param {PointerEvent} event
   */
  #isTap(event) {
    return !this.#fingers.size && !this.#hadTwo && this.#travelled <= this.#slack(event);
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    // A pinch on a touchpad arrives as a wheel with Ctrl, in small steps.
    const speed = event.ctrlKey ? 6 * WHEEL : WHEEL;
    this.#camera.zoomAt(Math.exp(-event.deltaY * lines * speed), ...this.#at(event));
  }
}
