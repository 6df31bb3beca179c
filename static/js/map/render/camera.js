// What part of the map is seen: a place in the middle and a scale. Places are in the map's own coordinates, y upwards;
// pixels are those of style sheets, y downwards.

const STEPS = 65_535;
const LEAST_ZOOM = 0.5;
const MOST_PIXELS_A_STEP = 6;

export class Camera {
  x = 0;
  y = 0;
  scale = 1; // pixels of one unit of the map
  width = 1;
  height = 1;
  #insets = { left: 0, right: 0 }; // pixels at the sides that something else covers
  margin = 1.1; // of what fits, for what stands at the edge
  /** @type {MapBounds} */
  #bounds; // over which the steps of points are spread
  /** @type {MapBounds} */
  #extent;
  #flight = 0;
  /** @type {Goal | null} */
  #goal = null; // where a flight leads
  #onChange;

  /**
   * @param {Box} bounds
   * @param {() => void} onChange
   */
  constructor([left, bottom, right, top], onChange) {
    this.#bounds = { left, bottom, width: right - left, height: top - bottom };
    this.#extent = this.#bounds;
    this.#onChange = onChange;
  }

  /**
   * Where the points are, which is what fits into the window; a single place has a little room around it.
   * @param {Box} extent
   */
  setExtent([left, bottom, right, top]) {
    const least = Math.max(right - left, top - bottom) / 10 || 1;
    const width = Math.max(right - left, least);
    const height = Math.max(top - bottom, least);
    this.#extent = { left: (left + right - width) / 2, bottom: (bottom + top - height) / 2, width, height };
    this.#set(...this.home, 1);
  }

  get bounds() {
    return this.#bounds;
  }

  get extent() {
    return this.#extent;
  }

  get fitting() {
    const free = Math.max(this.width / 3, this.width - this.#insets.left - this.#insets.right);
    return Math.min(free / this.#extent.width, this.height / this.#extent.height) / this.margin;
  }

  // How many times closer than when everything fits.
  get zoom() {
    return this.scale / this.fitting;
  }

  get mostZoom() {
    return (STEPS * MOST_PIXELS_A_STEP) / Math.max(this.#bounds.width, this.#bounds.height) / this.fitting;
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {{ left: number, right: number }} [insets]
   */
  resize(width, height, insets = this.#insets) {
    const { zoom } = this;
    const isFirst = this.width === 1;
    const wasHome = !isFirst && this.isHome;
    this.#insets = insets;
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.scale = this.fitting * (isFirst ? 1 : zoom);
    if (isFirst || wasHome) [this.x, this.y] = this.home;
    this.#onChange();
  }

  /**
   * What stands in the middle of the window when everything fits.
   * @returns {Pair}
   */
  get home() {
    const { left, bottom, width, height } = this.#extent;
    return [left + width / 2 + (this.#insets.right - this.#insets.left) / 2 / this.fitting, bottom + height / 2];
  }

  get isHome() {
    const [x, y] = this.home;
    /**
     * @param {number} a
     * @param {number} b
     */
    const near = (a, b) => Math.abs(a - b) * this.scale < 0.01;
    return near(this.x, x) && near(this.y, y) && Math.abs(this.zoom - 1) < 1e-6;
  }

  // Pixels of a point are `a * step + b` on each axis: all that who draws needs to know.
  get steps() {
    const { left, bottom, width, height } = this.#bounds;
    return {
      ax: (width / STEPS) * this.scale,
      bx: this.width / 2 + (left - this.x) * this.scale,
      ay: -(height / STEPS) * this.scale,
      by: this.height / 2 - (bottom - this.y) * this.scale,
    };
  }

  /**
   * @param {number} pixelX
   * @param {number} pixelY
   * @returns {Pair}
   */
  placeOf(pixelX, pixelY) {
    return [this.x + (pixelX - this.width / 2) / this.scale, this.y - (pixelY - this.height / 2) / this.scale];
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Pair}
   */
  pixelsOf(x, y) {
    return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
  }

  /**
   * The part that is seen.
   * @returns {Box}
   */
  get window() {
    return [...this.placeOf(0, this.height), ...this.placeOf(this.width, 0)];
  }

  /**
   * The middle never leaves the map, so that nobody gets lost beside it.
   * @param {number} x
   * @param {number} y
   * @param {number} zoom
   */
  #set(x, y, zoom) {
    const { left, bottom, width, height } = this.#extent;
    this.x = Math.min(left + width, Math.max(left, x));
    this.y = Math.min(bottom + height, Math.max(bottom, y));
    this.scale = this.fitting * Math.min(this.mostZoom, Math.max(LEAST_ZOOM, zoom));
    this.#onChange();
  }

  get isFlying() {
    return this.#goal !== null;
  }

  // Where the camera will be when it has arrived: what comes next goes on from there.
  get goal() {
    return this.#goal ?? { x: this.x, y: this.y, zoom: this.zoom };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} [zoom]
   */
  lookAt(x, y, zoom = this.zoom) {
    cancelAnimationFrame(this.#flight);
    this.#goal = null;
    this.#set(x, y, zoom);
  }

  /**
   * @param {number} pixelsX
   * @param {number} pixelsY
   */
  pan(pixelsX, pixelsY) {
    this.lookAt(this.x - pixelsX / this.scale, this.y + pixelsY / this.scale);
  }

  /**
   * What lies under the pixel stays there.
   * @param {number} factor
   * @param {number} [pixelX]
   * @param {number} [pixelY]
   */
  zoomAt(factor, pixelX = this.width / 2, pixelY = this.height / 2) {
    const zoom = Math.min(this.mostZoom, Math.max(LEAST_ZOOM, this.zoom * factor));
    const [x, y] = this.placeOf(pixelX, pixelY);
    const share = this.zoom / zoom;
    this.lookAt(x + (this.x - x) * share, y + (this.y - y) * share, zoom);
  }

  /**
   * Goes there in one movement; at once for people who want no motion.
   * @param {number} x
   * @param {number} y
   * @param {number} [zoom]
   * @param {number} [milliseconds]
   * @returns {Promise<void>}
   */
  flyTo(x, y, zoom = this.zoom, milliseconds = 450) {
    cancelAnimationFrame(this.#flight);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#set(x, y, zoom);
      return Promise.resolve();
    }
    const from = { x: this.x, y: this.y, zoom: this.zoom };
    this.#goal = { x, y, zoom };
    const begun = performance.now();
    return new Promise((arrived) => {
      const step = () => {
        const share = Math.min(1, (performance.now() - begun) / milliseconds);
        const eased = 1 - (1 - share) ** 3;
        // The zoom in equal ratios, and the place as it then looks straight on the screen.
        const now = from.zoom * (zoom / from.zoom) ** eased;
        const isLevel = Math.abs(zoom - from.zoom) < 1e-9 * zoom;
        const way = isLevel ? eased : (1 / from.zoom - 1 / now) / (1 / from.zoom - 1 / zoom);
        this.#set(from.x + (x - from.x) * way, from.y + (y - from.y) * way, now);
        if (share < 1) this.#flight = requestAnimationFrame(step);
        else {
          this.#goal = null;
          arrived();
        }
      };
      step();
    });
  }

  fit() {
    return this.flyTo(...this.home, 1);
  }

  /**
   * So that a part of the map fills the window.
   * @param {Box} extent
   */
  flyAround([left, bottom, right, top]) {
    const unit = this.fitting * this.margin;
    const zoom = Math.min(this.width / (right - left || 1e-9), this.height / (top - bottom || 1e-9)) / unit;
    return this.flyTo((left + right) / 2, (bottom + top) / 2, Math.min(zoom, this.mostZoom));
  }
}
