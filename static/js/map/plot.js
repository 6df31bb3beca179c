// The one module that knows the drawing library: points on a canvas, a camera, and where a point stands on the screen.
import createScatterplot from "../../vendor/regl-scatterplot-1.16.0/regl-scatterplot.js";

const NEAREST = 0.001;
const FARTHEST = 4;
const FIT = 1.12;

function colours() {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const resolve = (name) => {
    probe.style.color = style.getPropertyValue(name);
    // Resolves light-dark() and any notation to plain numbers, which is what WebGL wants.
    return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255);
  };
  const found = { point: resolve("--accent"), page: resolve("--page"), ink: resolve("--ink") };
  probe.remove();
  return found;
}

function pointSize(count) {
  if (count < 2_000) return 6;
  return count < 20_000 ? 4 : 2.5;
}

// Many dots are seen through, so that dense places stand out.
function opacity(count) {
  if (count < 2_000) return 0.85;
  if (count < 20_000) return 0.6;
  return count < 200_000 ? 0.35 : 0.12;
}

export class Plot {
  #scatter;
  #canvas;
  #points;
  #width = 0;
  #height = 0;

  // listener: { onView(), onDot(index | null) }, the latter for the dot under the mouse
  constructor(canvas, points, listener) {
    this.#canvas = canvas;
    this.#points = points;
    this.#measure();
    this.#scatter = createScatterplot({
      canvas, width: this.#width, height: this.#height, pointSize: pointSize(points.count), pointSizeSelected: 0, pointOutlineWidth: 2,
      opacity: opacity(points.count), lassoInitiator: false, actionKeyMap: {}, deselectOnDblClick: false, spatialIndexUseWorker: false, cameraDistance: FIT,
    });
    this.recolour();
    this.#scatter.subscribe("view", () => listener.onView());
    this.#scatter.subscribe("pointOver", (index) => listener.onDot(index));
    this.#scatter.subscribe("pointOut", () => listener.onDot(null));
  }

  async draw() {
    await this.#scatter.draw({ x: this.#points.x, y: this.#points.y });
    await this.fit(false);
  }

  recolour() {
    const { point, page, ink } = colours();
    this.#scatter.set({ pointColor: point, pointColorHover: ink, pointColorActive: ink, backgroundColor: page });
  }

  resize() {
    this.#measure();
    this.#scatter.set({ width: this.#width, height: this.#height });
  }

  // Kept, because reading it while images are being moved would make the browser lay the page out again and again.
  #measure() {
    this.#width = this.#canvas.clientWidth;
    this.#height = this.#canvas.clientHeight;
  }

  highlight(index) {
    this.#scatter.hover(index ?? -1, { preventEvent: true });
  }

  // Stays, unlike what is highlighted.
  mark(index) {
    if (index === null) this.#scatter.deselect({ preventEvent: true });
    else this.#scatter.select([index], { preventEvent: true });
  }

  // The camera: what stands in the middle, and how much of the height is seen (1 = from -1 to 1).
  get camera() {
    return { target: [...this.#scatter.get("cameraTarget")].slice(0, 2), distance: this.#distance() };
  }

  #distance() {
    const [distance] = [this.#scatter.get("cameraDistance")].flat();
    return distance;
  }

  lookAt(target, distance, smooth = false) {
    const kept = Math.min(FARTHEST, Math.max(NEAREST, distance));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    return this.#scatter.zoomToLocation(target, kept, { transition: smooth && !calm, transitionDuration: 180 });
  }

  zoom(factor, smooth = true) {
    const { target, distance } = this.camera;
    return this.lookAt(target, distance * factor, smooth);
  }

  zoomAt(factor, x, y) {
    const { target, distance } = this.camera;
    const at = this.placeOf(x, y);
    const kept = Math.min(FARTHEST, Math.max(NEAREST, distance * factor));
    const share = kept / distance;
    return this.lookAt([at[0] + (target[0] - at[0]) * share, at[1] + (target[1] - at[1]) * share], kept);
  }

  pan(pixelsX, pixelsY, smooth = false) {
    const { target, distance } = this.camera;
    const unit = (2 * distance) / this.#height;
    return this.lookAt([target[0] - pixelsX * unit, target[1] + pixelsY * unit], distance, smooth);
  }

  // In a narrow window the width is what must fit.
  fit(smooth = true) {
    let halfWidth = 0;
    let halfHeight = 0;
    for (let i = 0; i < this.#points.count; i++) {
      halfWidth = Math.max(halfWidth, Math.abs(this.#points.x[i]));
      halfHeight = Math.max(halfHeight, Math.abs(this.#points.y[i]));
    }
    return this.lookAt([0, 0], FIT * Math.max(halfHeight, (halfWidth * this.#height) / this.#width, NEAREST), smooth);
  }

  // A point in the middle of the window, and so many of those that lie closest around it.
  goTo(index, around) {
    const { x, y, count } = this.#points;
    const squares = new Float32Array(count);
    for (let i = 0; i < count; i++) squares[i] = (x[i] - x[index]) ** 2 + (y[i] - y[index]) ** 2;
    const reach = Math.sqrt(squares.sort()[Math.min(around, count - 1)]);
    return this.lookAt([x[index], y[index]], FIT * reach * Math.max(1, this.#height / this.#width));
  }

  screenOf(index) {
    const { target, distance } = this.camera;
    const unit = this.#height / (2 * distance);
    return [
      this.#width / 2 + (this.#points.x[index] - target[0]) * unit,
      this.#height / 2 - (this.#points.y[index] - target[1]) * unit,
    ];
  }

  placeOf(x, y) {
    const { target, distance } = this.camera;
    const unit = (2 * distance) / this.#height;
    return [target[0] + (x - this.#width / 2) * unit, target[1] - (y - this.#height / 2) * unit];
  }

  nearest(x, y, within) {
    const [placeX, placeY] = this.placeOf(x, y);
    let best = null;
    let bestSquare = (within * ((2 * this.#distance()) / this.#height)) ** 2;
    for (let i = 0; i < this.#points.count; i++) {
      const square = (this.#points.x[i] - placeX) ** 2 + (this.#points.y[i] - placeY) ** 2;
      if (square < bestSquare) {
        bestSquare = square;
        best = i;
      }
    }
    return best;
  }
}
