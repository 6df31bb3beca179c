// Names of clusters on the map: the coarse ones from afar, the fine ones when near, none over another. The largest are
// placed first; each leads to its cluster.
import { count } from "../../words.js";

const NEAR = 2.4; // from this zoom on, the fine clusters
const MOST = 48;
const GAP = 10;
const EDGE = 6;

/**
 * The button of a cluster, and its size in pixels.
 * @typedef {{ button: HTMLButtonElement, cluster: MapCluster, width: number, height: number }} Caption
 */

export class Captions {
  #place;
  #view;
  /** @type {MapCluster[][]} */
  #levels = [];
  /** @type {Map<string, Caption>} */
  #made = new Map();
  #isOn = true;
  #onChoose;

  /**
   * @param {HTMLElement} place
   * @param {MapView} view
   * @param {(cluster: MapCluster) => void} onChoose
   */
  constructor(place, view, onChoose) {
    this.#place = place;
    this.#view = view;
    this.#onChoose = onChoose;
    view.addEventListener("view", () => this.follow());
  }

  /** @param {ClusterLevel[]} levels */
  set levels(levels) {
    this.#levels = levels.map(({ clusters }) => [...clusters].sort((a, b) => b.count - a.count));
    this.#made.clear();
    this.#place.replaceChildren();
    this.follow();
  }

  get isOn() {
    return this.#isOn;
  }

  set isOn(isOn) {
    this.#isOn = isOn;
    this.#place.hidden = !isOn;
    this.follow();
  }

  get level() {
    return this.#view.camera.zoom < NEAR || !this.#levels[1]?.length ? 0 : 1;
  }

  // Those that are seen now, largest first.
  get shown() {
    return [...this.#made.values()].filter((one) => one.button.isConnected);
  }

  follow() {
    if (!this.#isOn) return;
    const { camera } = this.#view;
    /** @type {Box[]} */
    const taken = [];
    const shown = new Set();
    for (const cluster of this.#levels[this.level] ?? []) {
      const [x, y] = camera.pixelsOf(cluster.x, cluster.y);
      if (x < 0 || y < 0 || x > camera.width || y > camera.height) continue;
      const made = this.#captionOf(cluster);
      const left = Math.min(camera.width - made.width - EDGE, Math.max(EDGE, x - made.width / 2));
      const top = y - made.height / 2;
      /** @type {Box} */
      const box = [left, top, left + made.width, top + made.height];
      if (taken.some((other) => this.#touch(box, other))) continue;
      taken.push(box);
      shown.add(made);
      made.button.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
      if (shown.size >= MOST) break;
    }
    for (const made of this.#made.values()) {
      const isShown = shown.has(made);
      if (isShown && !made.button.isConnected) this.#place.append(made.button);
      else if (!isShown && made.button.isConnected) made.button.remove();
    }
  }

  /**
   * @param {Box} a
   * @param {Box} b
   */
  #touch(a, b) {
    return a[0] < b[2] + GAP && b[0] < a[2] + GAP && a[1] < b[3] + GAP && b[1] < a[3] + GAP;
  }

  /**
   * Measured once: reading sizes while the map moves would make the browser lay the page out again and again.
   * @param {MapCluster} cluster
   * @returns {Caption}
   */
  #captionOf(cluster) {
    const key = `${this.level} ${cluster.number}`;
    const known = this.#made.get(key);
    if (known) return known;
    const button = document.createElement("button");
    button.type = "button";
    button.className = this.level ? "map-caption is-fine" : "map-caption";
    button.textContent = cluster.label;
    button.title = `${cluster.label}: ${count(cluster.count)} images`;
    button.addEventListener("click", () => this.#onChoose(cluster));
    this.#place.append(button);
    const made = { button, cluster, width: button.offsetWidth, height: button.offsetHeight };
    button.remove();
    this.#made.set(key, made);
    return made;
  }
}
