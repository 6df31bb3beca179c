// The buttons and keys of the map: every gesture has both.
import { savePNG, saveSVG } from "./pictures.js";

const STEP = 120;
const ZOOM = 1.7;
const QUICK = 180;

const isTyping = (target) => target.closest?.("input, select, textarea, [contenteditable]");

class Tools {
  #page;

  constructor(page) {
    this.#page = page;
    document.addEventListener("click", (event) => {
      const action = event.target.closest?.("[data-map-do]")?.dataset.mapDo;
      if (action) this.do(action);
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
    const menu = document.querySelector("[data-map-menu]");
    document.addEventListener("click", (event) => { if (!menu.querySelector("summary").contains(event.target)) menu.open = false; });
  }

  #press(action, isPressed) {
    document.querySelector(`[data-map-do=${action}]`)?.setAttribute("aria-pressed", String(isPressed));
  }

  do(action) {
    const page = this.#page;
    const { camera } = page.stage;
    switch (action) {
      case "in": return this.#go((goal) => [goal.x, goal.y, Math.min(camera.mostZoom, goal.zoom * ZOOM)]);
      case "out": return this.#go((goal) => [goal.x, goal.y, goal.zoom / ZOOM]);
      case "fit": return camera.fit();
      case "lasso": case "rectangle": return this.#use(page.drawing.tool === action ? null : action);
      case "list": return page.selecting.list();
      case "clear": return page.selecting.clear();
      case "show-selection": return page.selecting.fit();
      case "next": return page.search.step(1);
      case "previous": return page.search.step(-1);
      case "clear-search": return page.search.ask("");
      case "images": return this.#toggleImages();
      case "captions": return this.#toggleCaptions();
      case "drawing": return document.querySelector("[data-map-drawing]").showModal();
      case "close-note": return page.note("");
      case "png": return savePNG(page.stage, page.captions.shown, `map of ${page.data.name}`);
      case "svg": return this.#saveSVG();
      case "copy": return this.#copy();
      default: return null;
    }
  }

  // From where the camera will be, so that quick presses add up.
  #go(next) {
    const { camera } = this.#page.stage;
    return camera.flyTo(...next(camera.goal), QUICK);
  }

  #use(tool) {
    const { drawing, surface } = this.#page;
    drawing.tool = tool;
    this.#page.letGo();
    for (const one of ["lasso", "rectangle"]) this.#press(one, one === tool);
    surface.classList.toggle("is-drawing", tool !== null);
    if (tool) this.#page.say(`Drag to select with a ${tool}. Escape ends it.`);
  }

  // A tool is put down again, unless what it draws next changes the selection.
  drawn(corners) {
    const { selecting } = this.#page;
    if (selecting.how === "new") this.#use(null);
    selecting.select({ polygon: corners });
  }

  #toggleImages() {
    const { thumbnails } = this.#page;
    thumbnails.isOn = !thumbnails.isOn;
    this.#press("images", thumbnails.isOn);
    thumbnails.choose();
  }

  #toggleCaptions() {
    const { captions } = this.#page;
    captions.isOn = !captions.isOn;
    this.#press("captions", captions.isOn);
  }

  #saveSVG() {
    const { stage, captions, data, note } = this.#page;
    const drawn = saveSVG(stage, captions.shown, `map of ${data.name}`);
    if (drawn >= 60_000) note(`The drawing holds a sample of ${drawn.toLocaleString("en")} points: more would be too much for most programs. The picture holds all.`);
  }

  async #copy() {
    await navigator.clipboard.writeText(location.href).then(() => this.#page.note("The link of this view is copied."), () => this.#page.note("This browser did not let the link be copied."));
  }

  // What was begun last ends first.
  #escape() {
    const { drawing, card, selecting } = this.#page;
    if (drawing.cancel()) return;
    if (drawing.tool) this.#use(null);
    else if (card.isPinned) this.#page.letGo();
    else if (!document.body.classList.contains("is-choosing")) selecting.clear();
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const { stage, surface, choice, card } = this.#page;
    const onMap = event.target === surface || event.target === document.body;
    const pan = (x, y) => this.#go((goal) => [goal.x - x / stage.camera.scale, goal.y + y / stage.camera.scale, goal.zoom]);
    const everywhere = {
      "+": "in", "=": "in", "-": "out", "0": "fit", i: "images", c: "captions", l: "lasso", r: "rectangle", v: "list", f: "show-selection", n: "next", p: "previous",
    };
    const arrows = { ArrowLeft: () => pan(STEP, 0), ArrowRight: () => pan(-STEP, 0), ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP) };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (everywhere[key]) this.do(everywhere[key]);
    else if (key === "g") choice.toggle();
    else if (key === "Escape") return this.#escape();
    else if (onMap && arrows[key]) arrows[key]();
    else if (onMap && key === "Enter" && card.isPinned) this.#page.openImage(this.#page.facts.peek(card.index).image);
    else return undefined;
    event.preventDefault();
    return undefined;
  }
}

export function startTools(page) {
  return new Tools(page);
}
