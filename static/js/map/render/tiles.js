// Sheets of small images, made by workers when somebody first looks: each square of the map, at each zoom, has one with
// the first of its points. Until a sheet is there, its points have none.
import { getJSON, request } from "../../http.js";

const SIDE_ON_SCREEN = 512;
const DEEPEST = 12;
const KEPT = 96;
const AT_ONCE = 4;
const FIRST_RETRY = 700;
const LAST_RETRY = 10_000;
const NO_SHEET = "The sheet did not arrive."; // which nobody is told: its points stay dots

/** @typedef {SheetFacts & { image: ImageBitmap }} Sheet */

export class Tiles {
  #base;
  #camera;
  #onArrival;
  /** @type {Map<string, Sheet | null>} */
  #sheets = new Map(); // by "z/x/y"; null until it has arrived
  /** @type {Map<number, [Sheet, number]>} */
  #sprites = new Map(); // by point: its sheet and its number there
  /** @type {Set<string>} */
  #seen = new Set();
  /** @type {string[]} */
  #waiting = [];
  #running = 0;

  /**
   * @param {string} base
   * @param {Camera} camera
   * @param {() => void} onArrival
   */
  constructor(base, camera, onArrival) {
    this.#base = base;
    this.#camera = camera;
    this.#onArrival = onArrival;
  }

  get #zoom() {
    const { width, height } = this.#camera.bounds;
    const level = Math.round(Math.log2((Math.max(width, height) * this.#camera.scale) / SIDE_ON_SCREEN));
    return Math.min(DEEPEST, Math.max(0, level));
  }

  // The squares of the bounds, each halved so many times, that are seen.
  #names() {
    const zoom = this.#zoom;
    const { left, bottom, width, height } = this.#camera.bounds;
    const [west, south, east, north] = this.#camera.window;
    const side = 2 ** zoom;
    /**
     * @param {number} place
     * @param {number} low
     * @param {number} extent
     */
    const square = (place, low, extent) => {
      const number = Math.floor(((place - low) / (extent || 1)) * side);
      return Math.min(side - 1, Math.max(0, number));
    };
    const names = [];
    for (let y = square(south, bottom, height); y <= square(north, bottom, height); y++) {
      for (let x = square(west, left, width); x <= square(east, left, width); x++) names.push(`${zoom}/${x}/${y}`);
    }
    return names;
  }

  // Asks for what is seen, and gives the points of the sheets that are there.
  look() {
    const names = this.#names();
    this.#seen = new Set(names);
    this.#waiting = names.filter((name) => !this.#sheets.has(name));
    this.#next();
    return names.flatMap((name) => this.#sheets.get(name)?.indices ?? []);
  }

  /**
   * Where the image of a point stands: its sheet, then left, top and side; null while it is on none.
   * @param {number} index
   * @returns {[ImageBitmap, number, number, number] | null}
   */
  spriteOf(index) {
    const found = this.#sprites.get(index);
    if (!found) return null;
    const [{ image, cell, columns }, number] = found;
    return [image, (number % columns) * cell, Math.floor(number / columns) * cell, cell];
  }

  #next() {
    for (const name of this.#waiting.splice(0, Math.max(0, AT_ONCE - this.#running))) {
      this.#sheets.set(name, null);
      this.#running += 1;
      this.#fetch(name).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  /** @param {string} name */
  async #fetch(name) {
    /** @type {SheetFacts | null} */
    const sheet = await getJSON(`${this.#base}tile/${name}.json`, NO_SHEET).catch(() => null);
    if (sheet?.indices.length) await this.#await(name, sheet, FIRST_RETRY);
  }

  /**
   * A worker may be at the sheet; nobody waits for what has left the window meanwhile.
   * @param {string} name
   * @param {SheetFacts} sheet
   * @param {number} retry
   */
  async #await(name, sheet, retry) {
    const address = `${this.#base}tile/${name}.webp`;
    const response = await request(address, NO_SHEET, { accept: "image/webp" }).catch(() => null);
    if (response?.status === 200) {
      this.#keep(name, { ...sheet, image: await createImageBitmap(await response.blob()) });
      if (this.#seen.has(name)) this.#onArrival();
    } else if (response?.status === 202) {
      setTimeout(() => {
        if (this.#seen.has(name)) this.#await(name, sheet, Math.min(LAST_RETRY, retry * 1.6));
        else this.#sheets.delete(name);
      }, Math.max(retry, 1000 * Number(response.headers.get("Retry-After") ?? 0)));
    }
  }

  /**
   * @param {string} name
   * @param {Sheet} sheet
   */
  #keep(name, sheet) {
    this.#sheets.set(name, sheet);
    sheet.indices.forEach((index, number) => this.#sprites.set(index, [sheet, number]));
    for (const old of this.#sheets.keys()) {
      if (this.#sheets.size <= KEPT) break;
      if (this.#seen.has(old)) continue;
      const gone = this.#sheets.get(old);
      for (const index of gone?.indices ?? []) if (this.#sprites.get(index)?.[0] === gone) this.#sprites.delete(index);
      this.#sheets.delete(old);
    }
  }
}
