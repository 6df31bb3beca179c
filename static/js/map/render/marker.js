// The point that is pointed at or was chosen: a ring around it, or around its image.
import { token, written } from "./colours.js";

const RADIUS = 8;

export class Marker {
  hovered = null;
  chosen = null;
  #stage;
  #thumbnails;
  #accent = "";

  constructor(stage, thumbnails) {
    this.#stage = stage;
    this.#thumbnails = thumbnails;
    this.recolour();
    stage.layers.push((context) => this.#draw(context));
  }

  recolour() {
    this.#accent = written(token("--accent"));
  }

  show({ hovered = this.hovered, chosen = this.chosen }) {
    this.hovered = hovered;
    this.chosen = chosen;
    this.#stage.requestOverlay();
  }

  #draw(context) {
    context.strokeStyle = this.#accent;
    for (const [index, width] of [[this.hovered, 2], [this.chosen, 3]]) {
      if (index === null) continue;
      const [x, y] = this.#stage.pixelsOf(index);
      const box = this.#thumbnails.boxOf(index);
      context.lineWidth = width;
      context.beginPath();
      if (box) context.rect(x - box[0] / 2 - 1, y - box[1] / 2 - 1, box[0] + 2, box[1] + 2);
      else context.arc(x, y, RADIUS, 0, 7);
      context.stroke();
    }
  }
}
