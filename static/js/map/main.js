// The map page: makes the parts of the map, joins them, and keeps their state in the address. What the first picture
// does not need is fetched after it.
import { one } from "../dom.js";
import { sentenceOf } from "../http.js";
import { count } from "../words.js";
import { Address } from "./address.js";
import { Gone } from "./data.js";
import { onThemeChange, token } from "./render/colours.js";
import { MapView } from "./render/view.js";

/** @type {MapData} */
const data = JSON.parse(one(document, "#map-data", HTMLScriptElement).text);
/** The page, with its view, for who measures: workers/map_browser.py and the tests. */
const map = /** @type {HTMLElement & { stage?: MapView }} */ (one(document, "[data-map]", HTMLElement));
const WIDE = 800;

/** @param {string} name */
const part = (name) => one(map, `[data-map-${name}]`, HTMLElement);

/** @param {string} sentence */
function say(sentence) {
  part("said").textContent = sentence;
}

/** @param {string} sentence */
function note(sentence) {
  one(map, "[data-note-words]", HTMLElement).textContent = sentence;
  part("note").hidden = !sentence;
}

/**
 * The map is gone, or nothing of it can be shown.
 * @param {unknown} error
 */
function fail(error) {
  one(part("failed"), "[data-field=reason]", HTMLElement).textContent = error instanceof Gone
    ? "This map is no longer kept: it was deleted, or newer ones took its place." : sentenceOf(error);
  part("failed").hidden = false;
  part("state").textContent = "";
}

/** @param {MapView} view */
function firstColours(view) {
  const palette = new Uint8Array(1024);
  palette.set([...token("--accent"), 255]);
  view.recolour(palette, token("--page"));
}

/**
 * Where the address says that the view is; the shape of another map has other places.
 * @param {MapView} view
 * @param {AddressParameters} asked
 */
function takeView(view, asked) {
  const [x, y, z] = [asked.x, asked.y, asked.z].map((text) => Number.parseFloat(text ?? ""));
  if (data.isOther || [x, y, z].some(Number.isNaN)) return;
  view.camera.lookAt(x, y, z);
}

/**
 * In a wide window everything fits beside the legend and the buttons, not below them.
 * @param {Camera} camera
 */
function keepSidesFree(camera) {
  const measure = () => {
    const legend = one(map, "[data-legend]", HTMLDetailsElement);
    const isWide = camera.width > WIDE;
    const insets = isWide ? { left: legend.open ? legend.offsetWidth + 16 : 0, right: 72 } : { left: 0, right: 0 };
    camera.resize(camera.width, camera.height, insets);
  };
  measure();
  new ResizeObserver(measure).observe(map);
}

/** @param {MapView} view */
function followContext(view) {
  view.addEventListener("lost", () => {
    part("state").textContent = "The graphics card was interrupted. Restoring the map";
  });
  view.addEventListener("restored", () => { part("state").textContent = ""; });
  view.addEventListener("canvas", () => {
    part("state").textContent = "";
    sayFewer(view);
  });
}

/**
 * Without WebGL fewer points can be drawn, which must be said.
 * @param {MapView} view
 */
function sayFewer(view) {
  if (view.kind !== "canvas") return;
  const isSample = view.shown < view.points.count;
  const sample = isSample ? `shows a sample of ${count(view.shown)} of ${count(view.points.count)} images and ` : "";
  note(`This browser has no WebGL, or it is switched off, so the map ${sample}is drawn more slowly.`);
}

/**
 * Two frames later the browser has shown what is there now.
 * @param {number} points
 */
function markDrawn(points) {
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("map-drawn", { detail: { points } })));
}

async function open() {
  if (!data.count) throw new Error("This map holds no images. Index some, and draw the map anew.");
  const asked = Address.read();
  const view = new MapView(part("surface"), data.layout, asked.renderer === "canvas");
  firstColours(view);
  keepSidesFree(view.camera);
  followContext(view);
  map.stage = view;
  view.addEventListener("level", () => markDrawn(view.points.loaded));
  const whole = view.load((level) => `${data.base}level/${level}.bin`);
  await new Promise((first, failed) => {
    view.addEventListener("level", first, { once: true });
    whole.catch(failed);
  });
  takeView(view, asked);
  const isPartial = view.points.loaded < view.points.count;
  part("state").textContent = isPartial ? `Loading ${count(view.points.count)} points` : "";
  whole.then(() => {
    part("state").textContent = "";
    sayFewer(view);
  }, () => {});
  const { start } = await import("./page.js");
  const { page, restored } = start({ view, whole, asked, map, data, say, note, fail });
  onThemeChange(() => page.recolour());
  await whole;
  await restored;
  map.dataset.ready = "";
}

open().catch(fail);
