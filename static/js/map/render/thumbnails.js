// Images on the map: where few enough points are seen, as many images as fit side by side stand in for their points.
// The rest stay dots until one zooms in. They are drawn over the points, from sheets where there are, else each by
// itself.

const GAP = 3;
const MOST = 240;
const MOST_SINGLE = 90; // fetched one by one at a time
const FADE = 160;
const KEPT = 600;
const BACK = 0.28; // opacity of what stands back

// So many points in the window, and how large their images are.
const SIDES = [[30, 128], [90, 96], [180, 72], [2600, 54]];
const PHONE = 0.75;
const SHARP = 80; // beyond that an image of a sheet would be coarse

// Which places of the window are taken, in squares as large as an image, so that only neighbours need comparing.
class Places {
  #side;
  /** @type {Map<number, Pair>} */
  #squares = new Map();

  /** @param {number} side */
  constructor(side) {
    this.#side = side + GAP;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  take(x, y) {
    const column = Math.floor(x / this.#side);
    const row = Math.floor(y / this.#side);
    for (let c = column - 1; c <= column + 1; c++) {
      for (let r = row - 1; r <= row + 1; r++) {
        const near = this.#squares.get(c * 65_536 + r);
        if (near && Math.abs(near[0] - x) < this.#side && Math.abs(near[1] - y) < this.#side) return false;
      }
    }
    this.#squares.set(column * 65_536 + row, [x, y]);
    return true;
  }
}

/**
 * A part of a picture: the picture, then left, top, width and height in its pixels.
 * @typedef {[CanvasImageSource, number, number, number, number]} Sprite
 */

export class Thumbnails {
  isOn = true;
  /** @type {number[]} */
  first = []; // points that get a place before all others
  /** @type {Set<number> | null} */
  lit = null; // the hits of a search, best first, beside which all others stand back
  #view;
  #facts;
  #tiles;
  #side = 0;
  /** @type {Map<number, number>} */
  #shown = new Map(); // by point: since when
  /** @type {Map<number, HTMLImageElement>} */
  #images = new Map(); // by point: its own image

  /**
   * @param {MapView} view
   * @param {PointLookup} facts
   * @param {Tiles} tiles
   */
  constructor(view, facts, tiles) {
    this.#view = view;
    this.#facts = facts;
    this.#tiles = tiles;
    view.layers.push((context) => this.#draw(context));
    for (const kind of ["rest", "level"]) view.addEventListener(kind, () => this.choose());
  }

  get shown() {
    return [...this.#shown.keys()].filter((index) => this.#pictureOf(index));
  }

  /**
   * The window in steps of the points.
   * @returns {Box}
   */
  #window() {
    const { ax, bx, ay, by } = this.#view.camera.steps;
    const { width, height } = this.#view.camera;
    return [-bx / ax, (height - by) / ay, (width - bx) / ax, -by / ay];
  }

  choose() {
    const { nearby, camera } = this.#view;
    const window = this.#window();
    const count = nearby.count(window);
    const size = SIDES.find(([most]) => count <= most)?.[1];
    if (!this.isOn || !size) return this.#replace([]);
    const side = Math.round(size * (camera.width < 620 ? PHONE : 1));
    if (side !== this.#side) this.#shown.clear();
    this.#side = side;
    const places = new Places(side);
    /** @type {Set<number>} */
    const chosen = new Set();
    /** @param {number} index */
    const consider = (index) => {
      if (chosen.size >= MOST || chosen.has(index) || !this.#view.isShown(index)) return;
      const [x, y] = this.#view.pixelsOf(index);
      if (x > 0 && y > 0 && x < camera.width && y < camera.height && places.take(x, y)) chosen.add(index);
    };
    // An image that is shown keeps its place, so that a small move changes little.
    const sheets = side <= SHARP ? this.#tiles.look() : [];
    const groups = [this.first, this.lit ?? [], this.#shown.keys(), sheets, nearby.within(window)];
    for (const group of groups) for (const index of group) consider(index);
    return this.#replace(chosen);
  }

  /** @param {Iterable<number>} chosen */
  #replace(chosen) {
    const now = performance.now();
    const before = this.#shown;
    this.#shown = new Map([...chosen].map((index) => [index, before.get(index) ?? now]));
    this.#facts.forget((index) => this.#shown.has(index));
    let single = 0;
    for (const index of this.#shown.keys()) {
      const hasSprite = this.#side <= SHARP && this.#tiles.spriteOf(index);
      if (!hasSprite && single++ < MOST_SINGLE) this.#fetch(index);
    }
    for (const index of this.#images.keys()) {
      if (this.#images.size <= KEPT) break;
      if (!this.#shown.has(index)) this.#images.delete(index);
    }
    this.#view.requestOverlay();
  }

  /** @param {number} index */
  #fetch(index) {
    if (this.#images.has(index)) return;
    const image = new Image();
    this.#images.set(index, image);
    const gone = () => this.#images.delete(index);
    image.addEventListener("load", () => {
      if (this.#shown.has(index)) this.#shown.set(index, performance.now());
      this.#view.requestOverlay();
    });
    // An image that does not come stays a dot.
    this.#facts.get(index).then((facts) => { if (!facts.gone) image.src = facts.thumbnail; }, gone);
  }

  /**
   * The part of a picture that stands for a point, or null while there is none.
   * @param {number} index
   * @returns {Sprite | null}
   */
  #pictureOf(index) {
    const own = this.#images.get(index);
    if (own?.naturalWidth) return [own, 0, 0, own.naturalWidth, own.naturalHeight];
    const sprite = this.#tiles.spriteOf(index);
    return sprite && [sprite[0], sprite[1], sprite[2], sprite[3], sprite[3]];
  }

  /** @param {CanvasRenderingContext2D} context */
  #draw(context) {
    const now = performance.now();
    let isFading = false;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const [index, since] of this.#shown) {
      const picture = this.#pictureOf(index);
      if (!picture) continue;
      const [x, y] = this.#view.pixelsOf(index);
      const [width, height] = this.#sizeOf(picture);
      const age = isCalm ? 1 : Math.min(1, (now - since) / FADE);
      isFading ||= age < 1;
      const standsBack = this.#view.marks[4 * index + 1] || this.lit?.has(index) === false;
      context.globalAlpha = age * (standsBack ? BACK : 1);
      context.drawImage(...picture, Math.round(x - width / 2), Math.round(y - height / 2), width, height);
    }
    context.globalAlpha = 1;
    if (isFading) this.#view.requestOverlay();
  }

  /** @param {Sprite} picture */
  #sizeOf([, , , width, height]) {
    const scale = this.#side / Math.max(width, height);
    return [Math.round(width * scale), Math.round(height * scale)];
  }

  /**
   * How large the image of a point is on the map, or null where it is a dot.
   * @param {number} index
   */
  boxOf(index) {
    const picture = this.#shown.has(index) && this.#pictureOf(index);
    return picture ? this.#sizeOf(picture) : null;
  }

  /**
   * The point whose image lies under a pixel, or null.
   * @param {number} pixelX
   * @param {number} pixelY
   */
  at(pixelX, pixelY) {
    for (const index of this.#shown.keys()) {
      const box = this.boxOf(index);
      if (!box) continue;
      const [x, y] = this.#view.pixelsOf(index);
      if (Math.abs(pixelX - x) <= box[0] / 2 && Math.abs(pixelY - y) <= box[1] / 2) return index;
    }
    return null;
  }
}
