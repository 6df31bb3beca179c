// Drawing a selection on the map: a lasso or a rectangle, in the map's own coordinates, so that it stays in place.
import { token, written } from "./render/colours.js";

const LEAST_STEP = 4; // pixels between two corners of a lasso
const MOST_CORNERS = 64; // as many as an address holds

/**
 * Fewer corners that enclose nearly the same: the ones that matter least go first (Visvalingam and Whyatt 1993).
 * @param {Pair[]} corners
 * @param {number} most
 */
export function simplified(corners, most) {
  const kept = [...corners];
  /** @param {number} i */
  const area = (i) => {
    const [a, b, c] = [kept[(i || kept.length) - 1], kept[i], kept[(i + 1) % kept.length]];
    return Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
  };
  while (kept.length > most) {
    let least = 0;
    for (let i = 1; i < kept.length; i++) if (area(i) < area(least)) least = i;
    kept.splice(least, 1);
  }
  return kept;
}

export class Drawing {
  /** @type {DrawingTool | null} */
  tool = null;
  #view;
  #onDrawn;
  /** @type {Pair[]} */
  #corners = [];
  #accent = "";

  /**
   * onDrawn: gets the corners, in the map's coordinates, of what was drawn
   * @param {MapView} view
   * @param {(corners: Pair[]) => void} onDrawn
   */
  constructor(view, onDrawn) {
    this.#view = view;
    this.#onDrawn = onDrawn;
    view.layers.push((context, camera) => this.#draw(context, camera));
  }

  /**
   * For a hand that begins to draw: a function that takes each further place, and null where it does not draw.
   * @param {PointerEvent} event
   * @returns {Stroke | null}
   */
  begins(event) {
    const tool = this.tool ?? (event.shiftKey && event.pointerType === "mouse" ? "lasso" : null);
    if (!tool) return null;
    this.#accent = written(token("--accent"));
    this.#corners = [];
    const { camera } = this.#view;
    /** @type {Pair | null} */
    let first = null;
    return ([x, y], isLast) => {
      first ??= [x, y];
      const [left, top] = first;
      if (tool === "lasso") this.#add(x, y);
      else {
        this.#corners = [
          camera.placeOf(left, top), camera.placeOf(x, top), camera.placeOf(x, y), camera.placeOf(left, y),
        ];
      }
      if (isLast) this.#end(Math.abs(x - left) + Math.abs(y - top));
      this.#view.requestOverlay();
    };
  }

  // What is being drawn is dropped; true where something was.
  cancel() {
    const was = this.#corners.length > 0;
    this.#corners = [];
    this.#view.requestOverlay();
    return was;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #add(x, y) {
    const last = this.#corners.at(-1);
    const [lastX, lastY] = last ? this.#view.camera.pixelsOf(...last) : [Infinity, 0];
    if (Math.hypot(x - lastX, y - lastY) >= LEAST_STEP) this.#corners.push(this.#view.camera.placeOf(x, y));
  }

  /** @param {number} travelled */
  #end(travelled) {
    const corners = simplified(this.#corners, MOST_CORNERS);
    this.#corners = [];
    if (corners.length > 2 && travelled + corners.length > 8) this.#onDrawn(corners);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Camera} camera
   */
  #draw(context, camera) {
    if (this.#corners.length < 2) return;
    context.beginPath();
    for (const corner of this.#corners) context.lineTo(...camera.pixelsOf(...corner));
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = this.#accent;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = this.#accent;
    context.stroke();
  }
}
