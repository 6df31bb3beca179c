// The point that is pointed at or was chosen: a ring around it, or around its image.
import { token, written } from "./colours.js";

const RADIUS = 8;

export class Marker {
  /** @type {number | null} */
  hovered = null;
  /** @type {number | null} */
  chosen = null;
  #view;
  #thumbnails;
  #accent = "";

  /**
   * @param {MapView} view
   * @param {Thumbnails} thumbnails
   */
  constructor(view, thumbnails) {
    this.#view = view;
    this.#thumbnails = thumbnails;
    this.recolour();
    view.layers.push((context) => this.#draw(context));
  }

  recolour() {
    this.#accent = written(token("--accent"));
  }

  show({ hovered = this.hovered, chosen = this.chosen }) {
    this.hovered = hovered;
    this.chosen = chosen;
    this.#view.requestOverlay();
  }

  /** @param {CanvasRenderingContext2D} context */
  #draw(context) {
    context.strokeStyle = this.#accent;
    for (const [index, width] of /** @type {[number | null, number][]} */ ([[this.hovered, 2], [this.chosen, 3]])) {
      if (index === null) continue;
      const [x, y] = this.#view.pixelsOf(index);
      const box = this.#thumbnails.boxOf(index);
      context.lineWidth = width;
      context.beginPath();
      if (box) context.rect(x - box[0] / 2 - 1, y - box[1] / 2 - 1, box[0] + 2, box[1] + 2);
      else context.arc(x, y, RADIUS, 0, 7);
      context.stroke();
    }
  }
}
