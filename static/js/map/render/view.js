// The map as something drawn: its points, its camera, what is painted of them, and when. While it moves, some levels of
// detail are drawn; once it rests, all of them.
import { contextOf } from "../../dom.js";
import { Camera } from "./camera.js";
import { written } from "./colours.js";
import { GridIndex } from "./grid-index.js";
import { Paint } from "./paint.js";
import { Points } from "./points.js";

const REST = 140;
const LONGEST = 400; // between frames of one movement; beyond that, another has begun
const FEW = 400; // of which the outermost are seen as images, too
const MARGIN_OF_FEW = 1.3;
const OVERLAY_RATIO = 2;

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
const bounded = (value, least, most) => Math.min(most, Math.max(least, value));

export class MapView extends EventTarget {
  points;
  camera;
  marks;
  behind = 0.15; // opacity of what stands back, of the others'
  dim = 1; // opacity of everything: less while hits are shown
  /** @type {Layer[]} */
  layers = []; // drawn over the points, in their order: functions of a 2D context and the camera
  #surface;
  #overlay = document.createElement("canvas");
  #paint;
  /** @type {GridIndex | null} */
  #nearby = null;
  #waiting = 0;
  #resting = 0;
  #lastFrame = 0;

  /**
   * @param {HTMLElement} surface
   * @param {MapLayout} layout
   * @param {boolean} wantsCanvas
   */
  constructor(surface, layout, wantsCanvas) {
    super();
    this.#surface = surface;
    this.points = new Points(layout);
    this.marks = new Uint8Array(4 * this.points.count);
    this.#overlay.className = "map-overlay";
    surface.prepend(this.#overlay);
    this.camera = new Camera(layout.bounds, () => this.request());
    if (this.points.count < FEW) this.camera.margin = MARGIN_OF_FEW;
    this.#paint = new Paint(surface, this.points, this.marks, wantsCanvas);
    for (const kind of ["lost", "restored", "canvas"]) this.#paint.addEventListener(kind, () => this.#onPaint(kind));
    this.#measure();
    new ResizeObserver(() => this.#measure()).observe(surface);
  }

  get kind() {
    return this.#paint.kind;
  }

  // How many points are seen when the map rests.
  get shown() {
    return Math.min(this.points.loaded, this.#paint.budget.resting);
  }

  // How many points are drawn while the map moves.
  get moving() {
    return Math.min(this.points.loaded, this.#paint.budget.moving);
  }

  /**
   * A new canvas or context is blank.
   * @param {string} kind
   */
  #onPaint(kind) {
    if (kind !== "lost") {
      this.#measure();
      this.request();
    }
    this.#say(kind);
  }

  /** @param {string} kind */
  #say(kind) {
    this.dispatchEvent(new Event(kind));
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.#surface;
    if (!width || !height) return;
    const ratio = this.#paint.isSoftware ? 1 : devicePixelRatio;
    this.#paint.resize(Math.round(width * ratio), Math.round(height * ratio));
    const fine = Math.min(OVERLAY_RATIO, devicePixelRatio);
    this.#overlay.width = Math.round(width * fine);
    this.#overlay.height = Math.round(height * fine);
    this.camera.resize(width, height);
    this.#draw(); // at once: a canvas that was resized is blank
  }

  /** @param {(level: number) => string} addressOf */
  load(addressOf) {
    this.#paint.setMarks();
    return this.points.load(addressOf, (from, to) => {
      this.#nearby = null;
      this.#paint.setPlaces(from, to);
      if (from === 0 && to > 0) this.camera.setExtent(this.points.extent());
      this.request();
      this.#say("level");
    });
  }

  get nearby() {
    this.#nearby ??= new GridIndex(this.points.places, this.points.loaded);
    return this.#nearby;
  }

  /**
   * palette: 256 colours of four bytes, of which an opacity of 0 hides its points
   * @param {Uint8Array<ArrayBuffer>} palette
   * @param {RGB} page
   */
  recolour(palette, page) {
    this.#paint.setPalette(palette, page);
    this.request();
  }

  // Colours and what stands back have changed.
  remark() {
    this.#paint.setMarks();
    this.request();
  }

  /** @param {number} index */
  isShown(index) {
    return this.#paint.palette[4 * this.marks[4 * index] + 3] > 0;
  }

  /**
   * The middle of a point in pixels of the window.
   * @param {number} index
   * @returns {Pair}
   */
  pixelsOf(index) {
    const { ax, bx, ay, by } = this.camera.steps;
    return [ax * this.points.places[2 * index] + bx, ay * this.points.places[2 * index + 1] + by];
  }

  /** @param {number} index */
  placeOf(index) {
    return this.camera.placeOf(...this.pixelsOf(index));
  }

  get pageColour() {
    return written(this.#paint.page);
  }

  /** @param {number} index */
  colourOf(index) {
    return written(this.#paint.palette.subarray(4 * this.marks[4 * index]));
  }

  /**
   * To a point, as close that about so many others are seen around it.
   * @param {number} index
   * @param {number} around
   */
  flyTo(index, around) {
    const [x, y] = this.placeOf(index);
    let zoom = this.camera.mostZoom;
    while (zoom > 1 && this.#countAround(x, y, zoom) < Math.min(around, this.points.loaded)) zoom /= 1.4;
    return this.camera.flyTo(x, y, Math.max(1, zoom));
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} zoom
   */
  #countAround(x, y, zoom) {
    const { camera } = this;
    /**
     * @param {number} place
     * @param {number} low
     * @param {number} extent
     */
    const step = (place, low, extent) => ((place - low) / (extent || 1)) * 65_535;
    const halfX = camera.width / 2 / (zoom * camera.fitting);
    const halfY = camera.height / 2 / (zoom * camera.fitting);
    const { left, bottom, width, height } = camera.bounds;
    return this.nearby.count([
      step(x - halfX, left, width), step(y - halfY, bottom, height),
      step(x + halfX, left, width), step(y + halfY, bottom, height),
    ]);
  }

  request() {
    this.#paint.stopRefining();
    this.#waiting ||= requestAnimationFrame((now) => this.#step(now));
  }

  /**
   * A frame is drawn when the one before is: else frames would queue, and the map would lag behind the hand.
   * @param {number} now
   */
  #step(now) {
    if (this.#paint.isBusy) {
      this.#waiting = requestAnimationFrame((later) => this.#step(later));
      return;
    }
    this.#waiting = 0;
    const took = now - this.#lastFrame;
    if (took < LONGEST) this.#paint.budget.took(took);
    this.#lastFrame = now;
    this.#draw();
    this.#say("view");
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), REST);
  }

  // Only what lies over the points has changed.
  requestOverlay() {
    if (!this.#waiting) requestAnimationFrame(() => this.#drawOverlay());
  }

  /**
   * Dense maps have small dots that are seen through; the fewer dots there are, the more each of them shows.
   * @param {number} count
   */
  #frame(count) {
    const { camera } = this;
    const ratio = this.#paint.canvas.width / camera.width;
    const spacing = camera.scale * Math.sqrt((camera.extent.width * camera.extent.height) / Math.max(1, count));
    const { ax, bx, ay, by } = camera.steps;
    return {
      ax: ax * ratio, bx: bx * ratio, ay: ay * ratio, by: by * ratio,
      size: bounded(spacing * 0.8, 1.6, 7.5) * ratio,
      opacity: this.dim * bounded(0.06 + spacing * 0.19, 0.16, 0.9),
      behind: this.behind,
    };
  }

  #draw() {
    const count = this.moving;
    this.#paint.draw(this.#frame(count), count);
    this.#drawOverlay();
  }

  #drawOverlay() {
    const context = contextOf(this.#overlay);
    const ratio = this.#overlay.width / this.camera.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.camera.width, this.camera.height);
    for (const layer of this.layers) layer(context, this.camera);
  }

  #rest() {
    const count = this.shown;
    if (count > this.#paint.budget.moving) this.#paint.refine(this.#frame(count), count);
    this.#say("rest");
  }

  // The view as one canvas, with everything that lies over the points.
  picture() {
    const count = this.shown;
    const { width, height } = this.#overlay;
    const whole = document.createElement("canvas");
    Object.assign(whole, { width, height });
    const context = contextOf(whole);
    this.#paint.draw(this.#frame(count), count);
    context.drawImage(this.#paint.canvas, 0, 0, width, height);
    context.drawImage(this.#overlay, 0, 0);
    return whole;
  }

  // How the view is drawn at rest, in pixels of style sheets.
  frame() {
    const frame = this.#frame(this.shown);
    return { ...frame, size: (frame.size * this.camera.width) / this.#paint.canvas.width };
  }

  get surfaceBox() {
    return this.#surface.getBoundingClientRect().toJSON();
  }

  // One frame as while moving, to its end, in milliseconds; for measuring.
  timed() {
    const begun = performance.now();
    this.#draw();
    this.#paint.finish();
    return performance.now() - begun;
  }
}
