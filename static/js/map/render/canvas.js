// Draws points without WebGL, pixel by pixel in memory, with the interface of webgl.js. Meant for fewer of them.
import { contextOf } from "../../dom.js";

export class CanvasPainter {
  kind = "canvas";
  isSoftware = true;
  isLost = false;
  isBusy = false;
  canvas = document.createElement("canvas");
  #context = contextOf(this.canvas, { alpha: false });
  #image = this.#context.createImageData(1, 1);
  #places = new Uint16Array();
  #marks = new Uint8Array();
  #palette = new Uint8Array();
  /** @type {RGB} */
  #page = [255, 255, 255];

  restore() {}

  finish() {}

  /** @param {Uint16Array<ArrayBuffer>} places */
  setPlaces(places) {
    this.#places = places;
  }

  /** @param {Uint8Array<ArrayBuffer>} marks */
  setMarks(marks) {
    this.#marks = marks;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} colours
   * @param {RGB} page
   */
  setPalette(colours, page) {
    this.#palette = colours;
    this.#page = page;
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.#image = this.#context.createImageData(width, height);
  }

  /**
   * @param {Frame} frame
   * @param {number} count
   */
  draw(frame, count) {
    this.drawPart(frame, 0, count, true);
  }

  /**
   * @param {Frame} frame
   * @param {number} from
   * @param {number} to
   * @param {boolean} isLast
   */
  drawPart({ ax, bx, ay, by, size, opacity, behind }, from, to, isLast) {
    const { width, height, data } = this.#image;
    if (from === 0) this.#clear();
    const side = Math.max(1, Math.round(size));
    const shift = (side - 1) / 2;
    for (let i = from; i < to; i++) {
      const left = Math.round(ax * this.#places[2 * i] + bx - shift);
      const top = Math.round(ay * this.#places[2 * i + 1] + by - shift);
      if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
      const colour = 4 * this.#marks[4 * i];
      const alpha = (this.#palette[colour + 3] / 255) * opacity * (this.#marks[4 * i + 1] ? behind : 1);
      if (alpha === 0) continue;
      for (let row = top; row < top + side; row++) {
        for (let at = 4 * (row * width + left), end = at + 4 * side; at < end; at += 4) {
          data[at] += (this.#palette[colour] - data[at]) * alpha;
          data[at + 1] += (this.#palette[colour + 1] - data[at + 1]) * alpha;
          data[at + 2] += (this.#palette[colour + 2] - data[at + 2]) * alpha;
        }
      }
    }
    if (isLast) this.#context.putImageData(this.#image, 0, 0);
  }

  #clear() {
    const [red, green, blue] = this.#page;
    new Uint32Array(this.#image.data.buffer).fill((255 << 24) | (blue << 16) | (green << 8) | red);
  }
}
