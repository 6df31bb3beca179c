// The state of the map in its address: which map, what part of it is seen, the query, the colours, the selection. What
// is as ever stays out of it.

const CALM = 250;
const STEPS = 65_535;

export class Address {
  #timer = 0;
  #state; // a function that gives the state as an object of texts, in their order

  constructor(state) {
    this.#state = state;
  }

  static read() {
    return Object.fromEntries(new URLSearchParams(location.search));
  }

  // Written when nothing has changed for a moment. `isStep` makes it something that Back leads away from.
  write(isStep = false) {
    clearTimeout(this.#timer);
    if (isStep) this.#put("pushState");
    else this.#timer = setTimeout(() => this.#put("replaceState"), CALM);
  }

  #put(how) {
    const now = new URLSearchParams(location.search);
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries(this.#state())) if (value) next.set(name, value);
    // What belongs to others, such as the open image, stays.
    for (const name of ["open", "renderer"]) if (now.has(name)) next.set(name, now.get(name));
    const search = next.size ? `?${next}` : "";
    if (search === location.search) return;
    history[how](how === "pushState" ? null : history.state, "", `${location.pathname}${search}`);
  }
}

// The corners of a selection as whole steps of the map's bounds: short, and exact enough for any screen.
export function writtenCorners(corners, { left, bottom, width, height }) {
  const step = (place, low, extent) => Math.round(((place - low) / (extent || 1)) * STEPS).toString(36);
  return corners.map(([x, y]) => `${step(x, left, width)}.${step(y, bottom, height)}`).join("_");
}

export function readCorners(text, { left, bottom, width, height }) {
  const corners = text.split("_").map((pair) => pair.split(".").map((part) => parseInt(part, 36)));
  if (corners.length < 3 || corners.some((pair) => pair.length !== 2 || pair.some(Number.isNaN))) return null;
  return corners.map(([x, y]) => [left + (x / STEPS) * width, bottom + (y / STEPS) * height]);
}
