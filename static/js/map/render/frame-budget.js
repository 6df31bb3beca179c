// How many points a frame may hold while the map moves: whole levels of detail, fewer where frames take long.

const SLOW = 70;
const QUICK = 24;
const CALM = 6; // so many frames in a row before anything changes
const SOFTWARE_MOST = 70_000;

export class FrameBudget {
  #sums;
  #level;
  #most;
  #highest;
  #slow = 0;
  #quick = 0;

  /**
   * levels: points of each level; isSoftware: few while moving; most: never more than these
   * @param {number[]} levels
   * @param {boolean} isSoftware
   * @param {number} [most]
   */
  constructor(levels, isSoftware, most = Infinity) {
    let sum = 0;
    this.#sums = levels.map((level) => (sum += level));
    /** @param {number} limit */
    const within = (limit) => Math.max(0, this.#sums.findLastIndex((one) => one <= limit));
    this.#most = within(most);
    // A processor that draws does not hold up the page's frames, so they do not tell how much it can bear: it gets no
    // more.
    this.#highest = isSoftware ? Math.min(this.#most, within(SOFTWARE_MOST)) : this.#most;
    this.#level = this.#highest;
  }

  get moving() {
    return this.#sums[this.#level] ?? 0;
  }

  get resting() {
    return this.#sums[this.#most] ?? 0;
  }

  /**
   * What passed between two frames of one movement, in milliseconds.
   * @param {number} milliseconds
   */
  took(milliseconds) {
    this.#slow = milliseconds > SLOW ? this.#slow + 1 : 0;
    this.#quick = milliseconds < QUICK ? this.#quick + 1 : 0;
    if (this.#slow >= CALM && this.#level > 0) this.#change(-1);
    // Twice as calm before more are tried: it must not swing.
    else if (this.#quick >= 4 * CALM && this.#level < this.#highest) this.#change(1);
  }

  /** @param {number} step */
  #change(step) {
    this.#level += step;
    this.#slow = this.#quick = 0;
  }
}
