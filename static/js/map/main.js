// The map page: makes the parts of the map, joins them, and keeps their state in the address. What the first picture does
// not need is fetched after it.
import { Address, readCorners } from "./address.js";
import { onThemeChange, token } from "./render/colours.js";
import { Stage } from "./render/view.js";

const data = JSON.parse(document.getElementById("map-data").textContent);
const map = document.querySelector("[data-map]");
const WIDE = 800;
const part = (name) => map.querySelector(`[data-map-${name}]`);

function say(sentence) {
  part("said").textContent = sentence;
}

function note(sentence) {
  map.querySelector("[data-note-words]").textContent = sentence;
  part("note").hidden = !sentence;
}

// The map is gone, or nothing of it can be shown.
function fail(error) {
  const isGone = error.message === "gone";
  part("failed").querySelector("[data-field=reason]").textContent = isGone
    ? "This map is no longer kept: it was deleted, or newer ones took its place." : error.message;
  part("failed").hidden = false;
  part("state").textContent = "";
}

function firstColours(stage) {
  const palette = new Uint8Array(1024);
  palette.set([...token("--accent"), 255]);
  stage.recolour(palette, token("--page"));
}

// Where the address says that the view is; the shape of another map has other places.
function takeView(stage, asked) {
  const [x, y, z] = ["x", "y", "z"].map((name) => Number.parseFloat(asked[name]));
  if (data.isOther || [x, y, z].some(Number.isNaN)) return;
  stage.camera.lookAt(x, y, z);
}

// In a wide window everything fits beside the legend and the buttons, not below them.
function keepSidesFree(camera) {
  const measure = () => {
    const legend = map.querySelector("[data-legend]");
    const isWide = camera.width > WIDE;
    const insets = isWide ? { left: legend.open ? legend.offsetWidth + 16 : 0, right: 72 } : { left: 0, right: 0 };
    camera.resize(camera.width, camera.height, insets);
  };
  measure();
  new ResizeObserver(measure).observe(map);
}

function followContext(stage) {
  stage.addEventListener("lost", () => { part("state").textContent = "The graphics card was interrupted. Restoring the map"; });
  stage.addEventListener("restored", () => { part("state").textContent = ""; });
  stage.addEventListener("canvas", () => {
    part("state").textContent = "";
    sayFewer(stage);
  });
}

// Without WebGL fewer points can be drawn, which must be said.
function sayFewer(stage) {
  if (stage.kind !== "canvas") return;
  const number = (count) => count.toLocaleString("en");
  const sample = `shows a sample of ${number(stage.shown)} of ${number(stage.points.count)} images and is drawn more slowly`;
  note(`This browser has no WebGL, or it is switched off, so the map ${stage.shown < stage.points.count ? sample : "is drawn more slowly"}.`);
}

// Two frames later the browser has shown what is there now.
function markDrawn(points) {
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("map-drawn", { detail: { points } })));
}

async function open() {
  if (!data.count) throw new Error("This map holds no images. Index some, and draw the map anew.");
  const asked = Address.read();
  const stage = new Stage(part("surface"), data.layout, asked.renderer === "canvas");
  firstColours(stage);
  keepSidesFree(stage.camera);
  followContext(stage);
  map.stage = stage; // for who measures
  stage.addEventListener("level", () => markDrawn(stage.points.loaded));
  const whole = stage.load((level) => `${data.base}level/${level}.bin`);
  await new Promise((first, failed) => {
    stage.addEventListener("level", first, { once: true });
    whole.catch(failed);
  });
  takeView(stage, asked);
  part("state").textContent = stage.points.loaded < stage.points.count ? `Loading ${stage.points.count.toLocaleString("en")} points` : "";
  whole.then(() => {
    part("state").textContent = "";
    sayFewer(stage);
  }, () => {});
  const { start } = await import("./page.js");
  const rest = await start({ stage, whole, asked, map, data, say, note, fail, corners: asked.lasso ? readCorners(asked.lasso, stage.camera.bounds) : null });
  onThemeChange(() => rest.recolour());
  await whole;
  await rest.restored;
  map.dataset.ready = "";
}

open().catch(fail);
