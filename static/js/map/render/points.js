// The points of a map: level after level, as `search/projection/points.py` lays them out. A level holds the Morton
// codes of its points in rising order, as deltas, in four planes of bytes; even bits of a code are x, odd ones y.
import { fetchBytes } from "../data.js";

/**
 * Every other bit of a code, pushed together.
 * @param {number} code
 */
function half(code) {
  let bits = code & 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0xffff;
}

/**
 * Writes the points of a level as pairs of x and y into `places`, from point `start` on; says how many there were.
 * @param {Uint8Array} bytes
 * @param {Uint16Array<ArrayBuffer>} places
 * @param {number} start
 */
export function decodeLevel(bytes, places, start) {
  const count = bytes.length / 4;
  if (!Number.isInteger(count) || 2 * (start + count) > places.length) {
    throw new Error("The map arrived incomplete. Reload the page.");
  }
  let code = 0;
  for (let i = 0; i < count; i++) {
    const low = bytes[i] | (bytes[count + i] << 8);
    const high = bytes[2 * count + i] | (bytes[3 * count + i] << 8);
    code = (code + (low | (high << 16))) | 0;
    places[2 * (start + i)] = half(code);
    places[2 * (start + i) + 1] = half(code >>> 1);
  }
  return count;
}

export class Points {
  places; // x and y of each point, in steps of 1/65535 of the map's bounds
  count;
  loaded = 0;
  #layout;

  /**
   * @param {MapLayout} layout
   */
  constructor(layout) {
    this.#layout = layout;
    this.count = layout.levels.reduce((sum, level) => sum + level, 0);
    this.places = new Uint16Array(2 * this.count);
  }

  get bounds() {
    return this.#layout.bounds;
  }

  get levels() {
    return this.#layout.levels;
  }

  /**
   * Of what has been loaded, in the map's coordinates. The first level is a fair sample of all.
   * @returns {Box}
   */
  extent() {
    const [left, bottom, right, top] = this.bounds;
    const least = [65_535, 65_535];
    const most = [0, 0];
    for (let i = 0; i < 2 * this.loaded; i++) {
      least[i & 1] = Math.min(least[i & 1], this.places[i]);
      most[i & 1] = Math.max(most[i & 1], this.places[i]);
    }
    /** @param {number} step */
    const x = (step) => left + (step * (right - left)) / 65_535;
    /** @param {number} step */
    const y = (step) => bottom + (step * (top - bottom)) / 65_535;
    return [x(least[0]), y(least[1]), x(most[0]), y(most[1])];
  }

  /**
   * All levels are asked for at once and taken in their order; `onLevel(from, to)` follows each.
   * @param {(level: number) => string} addressOf
   * @param {(from: number, to: number) => void} onLevel
   */
  async load(addressOf, onLevel) {
    const levels = this.#layout.levels.map((_, level) => fetchBytes(addressOf(level), "The points of the map"));
    levels.forEach((level) => level.catch(() => {}));
    for (const level of levels) {
      const from = this.loaded;
      this.loaded += decodeLevel(await level, this.places, from);
      onLevel(from, this.loaded);
    }
  }
}
