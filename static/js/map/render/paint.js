// Who paints the points, a graphics card or the browser's canvas, and everything they are told again after a loss.
import { CanvasPainter } from "./canvas.js";
import { Pace } from "./frame-budget.js";
import { WebGLPainter } from "./webgl.js";

const PATIENCE = 3000; // a lost context that has not come back by then is given up
const CANVAS_POINTS = 270_000;
const PART = 100_000;

// Says "lost" when the card was taken away, "restored" when it is back, "canvas" when it is done without.
export class Paint extends EventTarget {
  palette = new Uint8Array(1024).fill(128); // 256 colours of four bytes, of which an opacity of 0 hides its points
  page = [255, 255, 255];
  pace;
  #surface;
  #points;
  #marks;
  #painter;
  #refining = 0;

  constructor(surface, points, marks, wantsCanvas) {
    super();
    this.#surface = surface;
    this.#points = points;
    this.#marks = marks;
    this.#usePainter(wantsCanvas);
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

  #usePainter(wantsCanvas) {
    const before = this.#painter?.canvas;
    try {
      if (wantsCanvas) throw new Error("asked for");
      this.#painter = new WebGLPainter(this.#points.count);
    } catch {
      this.#painter = new CanvasPainter();
    }
    const { canvas } = this;
    canvas.className = "map-canvas";
    canvas.addEventListener("webglcontextlost", (event) => this.#onLost(event));
    canvas.addEventListener("webglcontextrestored", () => this.#onRestored());
    if (before) before.replaceWith(canvas);
    else this.#surface.prepend(canvas);
    this.pace = new Pace(this.#points.levels, this.isSoftware, this.kind === "canvas" ? CANVAS_POINTS : Infinity);
  }

  #onLost(event) {
    event.preventDefault(); // else it never comes back
    this.#say("lost");
    setTimeout(() => {
      if (!this.#painter.isLost) return;
      this.#usePainter(true);
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

  #say(kind) {
    this.dispatchEvent(new Event(kind));
  }

  resize(width, height) {
    this.#painter.resize(width, height);
  }

  setPlaces(from, to) {
    this.#painter.setPlaces(this.#points.places, from, to);
  }

  setMarks() {
    this.#painter.setMarks(this.#marks, 0, this.#points.count);
  }

  setPalette(palette, page) {
    this.palette = palette;
    this.page = page;
    this.#painter.setPalette(palette, page);
  }

  draw(frame, count) {
    this.#painter.draw(frame, count);
  }

  // All points of a view at rest, in parts that each fit into a frame of the page.
  refine(frame, count, from = 0) {
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
