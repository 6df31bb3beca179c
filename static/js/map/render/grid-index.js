// Which points lie near a place: the map in squares, and the points sorted by square.

const SIDE = 256;
const SHIFT = 8; // 65,536 steps in 256 squares

export class GridIndex {
  #places;
  #starts = new Uint32Array(SIDE * SIDE + 1);
  #sorted;

  /**
   * @param {Uint16Array} places
   * @param {number} count
   */
  constructor(places, count) {
    this.#places = places;
    this.#sorted = new Uint32Array(count);
    /** @param {number} i */
    const squareOf = (i) => ((places[2 * i + 1] >> SHIFT) << SHIFT) | (places[2 * i] >> SHIFT);
    for (let i = 0; i < count; i++) this.#starts[squareOf(i) + 1] += 1;
    for (let square = 0; square < SIDE * SIDE; square++) this.#starts[square + 1] += this.#starts[square];
    const next = this.#starts.slice();
    for (let i = 0; i < count; i++) this.#sorted[next[squareOf(i)]++] = i;
  }

  /** @param {number} step */
  static #square(step) {
    return Math.min(SIDE - 1, Math.max(0, step >> SHIFT));
  }

  /**
   * The points of the squares that a window, in steps, touches, square by square.
   * @param {Box} window
   */
  *#rows([left, top, right, bottom]) {
    const [first, last] = [GridIndex.#square(left), GridIndex.#square(right)];
    for (let row = GridIndex.#square(top); row <= GridIndex.#square(bottom); row++) {
      yield [this.#starts[row * SIDE + first], this.#starts[row * SIDE + last + 1]];
    }
  }

  /**
   * About how many points a window, in steps, holds; exact but for the squares at its edge.
   * @param {Box} window
   */
  count(window) {
    let sum = 0;
    for (const [from, to] of this.#rows(window)) sum += to - from;
    return sum;
  }

  /**
   * Those that a window, in steps, holds.
   * @param {Box} window
   */
  within(window) {
    const [left, top, right, bottom] = window;
    const found = [];
    for (const [from, to] of this.#rows(window)) {
      for (let at = from; at < to; at++) {
        const i = this.#sorted[at];
        const x = this.#places[2 * i];
        const y = this.#places[2 * i + 1];
        if (x >= left && x <= right && y >= top && y <= bottom) found.push(i);
      }
    }
    return found;
  }

  /**
   * The nearest point that `counts`, or null. `camera` says what is near on the screen.
   * @param {Camera} camera
   * @param {number} pixelX
   * @param {number} pixelY
   * @param {number} reach
   * @param {(index: number) => boolean} [counts]
   */
  nearest(camera, pixelX, pixelY, reach, counts = () => true) {
    const { ax, bx, ay, by } = camera.steps;
    /** @type {Pair} */
    const xs = [(pixelX - reach - bx) / ax, (pixelX + reach - bx) / ax];
    /** @type {Pair} */
    const ys = [(pixelY + reach - by) / ay, (pixelY - reach - by) / ay];
    let best = null;
    let least = reach ** 2;
    /**
     * Where all places of an axis are equal, the map has no extent there and every step is as near.
     * @param {Pair} span
     * @returns {Pair}
     */
    const whole = ([low, high]) => (Number.isFinite(low) && Number.isFinite(high) ? [low, high] : [0, 65_535]);
    const [[left, right], [top, bottom]] = [whole(xs), whole(ys)];
    for (const [from, to] of this.#rows([left, top, right, bottom])) {
      for (let at = from; at < to; at++) {
        const i = this.#sorted[at];
        const away = (ax * this.#places[2 * i] + bx - pixelX) ** 2 + (ay * this.#places[2 * i + 1] + by - pixelY) ** 2;
        if (away < least && counts(i)) {
          least = away;
          best = i;
        }
      }
    }
    return best;
  }
}
