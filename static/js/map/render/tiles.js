// Sheets of small images, made by workers when somebody first looks: each square of the map, at each zoom, has one with
// the first of its points. Until a sheet is there, its points have none.

const SIDE_ON_SCREEN = 512;
const DEEPEST = 12;
const KEPT = 96;
const AT_ONCE = 4;
const FIRST_RETRY = 700;
const LAST_RETRY = 10_000;

export class Tiles {
  #base;
  #camera;
  #onArrival;
  #sheets = new Map(); // by "z/x/y": { indices, image, cell, columns } once it has arrived
  #sprites = new Map(); // by point: its sheet and its number there
  #seen = new Set();
  #waiting = [];
  #running = 0;

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
    const square = (place, low, extent) => Math.min(side - 1, Math.max(0, Math.floor(((place - low) / (extent || 1)) * side)));
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

  // Where the image of a point stands: [sheet, left, top, side], or null.
  spriteOf(index) {
    const [sheet, number] = this.#sprites.get(index) ?? [];
    if (!sheet) return null;
    return [sheet.image, (number % sheet.columns) * sheet.cell, Math.floor(number / sheet.columns) * sheet.cell, sheet.cell];
  }

  #next() {
    while (this.#running < AT_ONCE && this.#waiting.length) {
      const name = this.#waiting.shift();
      this.#sheets.set(name, {});
      this.#running += 1;
      this.#fetch(name).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #fetch(name) {
    const facts = await fetch(`${this.#base}tile/${name}.json`).catch(() => null);
    if (!facts?.ok) return; // its points stay dots
    const { indices, cell, columns } = await facts.json();
    if (indices.length) await this.#await(name, { indices, cell, columns }, FIRST_RETRY);
  }

  // A worker may be at the sheet; nobody waits for what has left the window meanwhile.
  async #await(name, sheet, retry) {
    const response = await fetch(`${this.#base}tile/${name}.webp`).catch(() => null);
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

  #keep(name, sheet) {
    this.#sheets.set(name, sheet);
    sheet.indices.forEach((index, number) => this.#sprites.set(index, [sheet, number]));
    for (const old of this.#sheets.keys()) {
      if (this.#sheets.size <= KEPT) break;
      if (this.#seen.has(old)) continue;
      for (const index of this.#sheets.get(old).indices ?? []) if (this.#sprites.get(index)?.[0] === this.#sheets.get(old)) this.#sprites.delete(index);
      this.#sheets.delete(old);
    }
  }
}
