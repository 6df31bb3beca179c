// What stands for an image until it has arrived: the few frequencies that search/images/thumbhash.py kept of it,
// in the format of ThumbHash, drawn on a small canvas that the browser enlarges.
import { contextOf } from "../dom.js";

const SIDE = 20;

/**
 * A wave of an image: how many times it swings down and across, and how far.
 * @typedef {{ row: number, column: number, size: number }} Wave
 * @typedef {{ mean: number, parts: Wave[] }} Channel
 */

/** @param {string} text */
function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const means = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const scales = bytes[3] | (bytes[4] << 8);
  const isLandscape = scales >> 15;
  const across = Math.max(3, isLandscape ? 7 : scales & 7);
  const down = Math.max(3, isLandscape ? scales & 7 : 7);
  let at = 0;
  /**
   * @param {number} mean
   * @param {number} scale
   * @param {number} columns
   * @param {number} rows
   * @returns {Channel}
   */
  const channel = (mean, scale, columns, rows) => {
    const parts = [];
    for (let row = 0; row < rows; row++) {
      for (let column = row ? 0 : 1; column * rows < columns * (rows - row); column++) {
        const step = (bytes[5 + (at >> 1)] >> ((at & 1) << 2)) & 15;
        parts.push({ row, column, size: (step / 7.5 - 1) * scale * 2 });
        at += 1;
      }
    }
    return { mean, parts };
  };
  return [
    channel((means & 63) / 63, ((means >> 18) & 31) / 31, across, down),
    channel(((means >> 6) & 63) / 31.5 - 1, ((scales >> 3) & 63) / 63, 3, 3),
    channel(((means >> 12) & 63) / 31.5 - 1, ((scales >> 9) & 63) / 63, 3, 3),
  ];
}

const WAVES = Array.from({ length: 7 }, (_, number) =>
  Array.from({ length: SIDE }, (_, place) => Math.cos((Math.PI / SIDE) * number * (place + 0.5))));

/**
 * @param {Channel} channel
 * @param {number} x
 * @param {number} y
 */
function at({ mean, parts }, x, y) {
  return parts.reduce((sum, { row, column, size }) => sum + size * WAVES[column][x] * WAVES[row][y], mean);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} text
 */
export function draw(canvas, text) {
  canvas.width = canvas.height = SIDE;
  const context = contextOf(canvas);
  const pixels = context.createImageData(SIDE, SIDE);
  const channels = unpack(text);
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i += 4) {
      const [level, yellow, redness] = channels.map((channel) => at(channel, x, y));
      const blue = level - (2 / 3) * yellow;
      const red = (3 * level - blue + redness) / 2;
      pixels.data.set([255 * red, 255 * (red - redness), 255 * blue, 255], i);
    }
  }
  context.putImageData(pixels, 0, 0);
}

/** @param {Iterable<HTMLElement>} items */
export function paint(items) {
  for (const item of items) {
    const image = item.querySelector("img");
    if (!item.dataset.placeholder || !image || image.complete) continue;
    const canvas = document.createElement("canvas");
    canvas.className = "placeholder";
    canvas.setAttribute("aria-hidden", "true");
    draw(canvas, item.dataset.placeholder);
    image.before(canvas);
    const away = () => canvas.remove();
    image.addEventListener("load", away, { once: true });
    image.addEventListener("error", away, { once: true });
  }
}
