// Who paints the points, a graphics card or the browser's canvas, and everything they are told again after a loss.
import { CanvasPainter } from "./canvas.js";
import { FrameBudget } from "./frame-budget.js";
import { WebGLPainter } from "./webgl.js";

const PATIENCE = 3000; // a lost context that has not come back by then is given up
const CANVAS_POINTS = 270_000;
const PART = 100_000;

// Says "lost" when the card was taken away, "restored" when it is back, "canvas" when it is done without.
export class Paint extends EventTarget {
  palette = new Uint8Array(1024).fill(128); // 256 colours of four bytes, of which an opacity of 0 hides its points
  /** @type {RGB} */
  page = [255, 255, 255];
  /** @type {FrameBudget} */
  budget;
  #points;
  #marks;
  /** @type {WebGLPainter | CanvasPainter} */
  #painter;
  #refining = 0;

  /**
   * @param {HTMLElement} surface
   * @param {Points} points
   * @param {Uint8Array<ArrayBuffer>} marks
   * @param {boolean} wantsCanvas
   */
  constructor(surface, points, marks, wantsCanvas) {
    super();
    this.#points = points;
    this.#marks = marks;
    this.#painter = this.#newPainter(wantsCanvas);
    this.budget = this.#newBudget();
    surface.prepend(this.canvas);
  }

  get kind() {
    return this.#painter.kind;
  }

  get isBusy() {
    return this.#painter.isBusy;
  }

  get isSoftware() {
    return this.#painter.isSoftware;
  }

  get canvas() {
    return this.#painter.canvas;
  }

  /**
   * @param {boolean} wantsCanvas
   * @returns {WebGLPainter | CanvasPainter}
   */
  #newPainter(wantsCanvas) {
    let painter;
    try {
      painter = wantsCanvas ? new CanvasPainter() : new WebGLPainter(this.#points.count);
    } catch {
      painter = new CanvasPainter();
    }
    const { canvas } = painter;
    canvas.className = "map-canvas";
    canvas.addEventListener("webglcontextlost", (event) => this.#onLost(event));
    canvas.addEventListener("webglcontextrestored", () => this.#onRestored());
    return painter;
  }

  #newBudget() {
    const most = this.kind === "canvas" ? CANVAS_POINTS : Infinity;
    return new FrameBudget(this.#points.levels, this.isSoftware, most);
  }

  /** @param {Event} event */
  #onLost(event) {
    event.preventDefault(); // else it never comes back
    this.#say("lost");
    setTimeout(() => {
      if (!this.#painter.isLost) return;
      const before = this.canvas;
      this.#painter = this.#newPainter(true);
      this.budget = this.#newBudget();
      before.replaceWith(this.canvas);
      this.#supplyAll();
      this.#say("canvas");
    }, PATIENCE);
  }

  #onRestored() {
    this.#painter.restore(this.#points.count);
    this.#supplyAll();
    this.#say("restored");
  }

  #supplyAll() {
    this.setPalette(this.palette, this.page);
    this.setPlaces(0, this.#points.loaded);
    this.setMarks();
  }

  /** @param {string} kind */
  #say(kind) {
    this.dispatchEvent(new Event(kind));
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.#painter.resize(width, height);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  setPlaces(from, to) {
    this.#painter.setPlaces(this.#points.places, from, to);
  }

  setMarks() {
    this.#painter.setMarks(this.#marks, 0, this.#points.count);
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} palette
   * @param {RGB} page
   */
  setPalette(palette, page) {
    this.palette = palette;
    this.page = page;
    this.#painter.setPalette(palette, page);
  }

  /**
   * @param {Frame} frame
   * @param {number} count
   */
  draw(frame, count) {
    this.#painter.draw(frame, count);
  }

  /**
   * All points of a view at rest, in parts that each fit into a frame of the page.
   * @param {Frame} frame
   * @param {number} count
   * @param {number} [from]
   */
  refine(frame, count, from = 0) {
    /** @param {number} next */
    const goOn = (next) => { this.#refining = requestAnimationFrame(() => this.refine(frame, count, next)); };
    if (this.isBusy) {
      goOn(from);
      return;
    }
    const to = Math.min(count, from + PART);
    this.#painter.drawPart(frame, from, to, to === count);
    if (to < count) goOn(to);
  }

  stopRefining() {
    cancelAnimationFrame(this.#refining);
  }

  // Waits until what was drawn is there; for measuring.
  finish() {
    this.#painter.finish();
  }
}
