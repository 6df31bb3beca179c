// The state of the map in its address: which map, what part of it is seen, the query, the colours, the selection. What
// is as ever stays out of it.

const CALM = 250;
const STEPS = 65_535;

export class Address {
  #timer = 0;
  #state;

  /** @param {() => AddressParameters} state gives them in their order */
  constructor(state) {
    this.#state = state;
  }

  /** @returns {AddressParameters} */
  static read() {
    return Object.fromEntries(new URLSearchParams(location.search));
  }

  // Written when nothing has changed for a moment. `isStep` makes it something that Back leads away from.
  write(isStep = false) {
    clearTimeout(this.#timer);
    if (isStep) this.#put("pushState");
    else this.#timer = setTimeout(() => this.#put("replaceState"), CALM);
  }

  /** @param {"pushState" | "replaceState"} how */
  #put(how) {
    const now = new URLSearchParams(location.search);
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries(this.#state())) if (value) next.set(name, value);
    // What belongs to others, such as the open image, stays.
    for (const name of ["open", "renderer"]) {
      const value = now.get(name);
      if (value !== null) next.set(name, value);
    }
    const search = next.size ? `?${next}` : "";
    if (search === location.search) return;
    history[how](how === "pushState" ? null : history.state, "", `${location.pathname}${search}`);
  }
}

/**
 * The corners of a selection as whole steps of the map's bounds: short, and exact enough for any screen.
 * @param {Pair[]} corners
 * @param {MapBounds} bounds
 */
export function writtenCorners(corners, { left, bottom, width, height }) {
  /**
   * @param {number} place
   * @param {number} low
   * @param {number} extent
   */
  const step = (place, low, extent) => Math.round(((place - low) / (extent || 1)) * STEPS).toString(36);
  return corners.map(([x, y]) => `${step(x, left, width)}.${step(y, bottom, height)}`).join("_");
}

/**
 * Null where the text is of no selection.
 * @param {string} text
 * @param {MapBounds} bounds
 * @returns {Pair[] | null}
 */
export function readCorners(text, { left, bottom, width, height }) {
  const corners = text.split("_").map((pair) => pair.split(".").map((part) => parseInt(part, 36)));
  if (corners.length < 3 || corners.some((pair) => pair.length !== 2 || pair.some(Number.isNaN))) return null;
  return corners.map(([x, y]) => [left + (x / STEPS) * width, bottom + (y / STEPS) * height]);
}
