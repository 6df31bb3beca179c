// The buttons and keys of the map: every gesture has both.
import { around, maybe, one } from "../dom.js";
import { count } from "../words.js";
import { MOST_SHAPES, savePNG, saveSVG } from "./pictures.js";

const STEP = 120;
const ZOOM = 1.7;
const QUICK = 180;

/** @type {Record<string, string>} */
const KEYS = {
  "+": "in", "=": "in", "-": "out", "0": "fit", i: "images", c: "captions", l: "lasso", r: "rectangle", v: "list",
  f: "show-selection", n: "next", p: "previous",
};

/** @type {Record<string, Pair>} */
const ARROWS = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;
}

/**
 * @typedef {{
 *   view: MapView, data: MapData, surface: HTMLElement, facts: PointLookup, card: Card, thumbnails: Thumbnails,
 *   captions: Captions, search: SearchOnMap, choice: ColourChoice, drawing: Drawing, selecting: Selecting,
 *   say: (sentence: string) => void, note: (sentence: string) => void, letGo: () => void,
 *   openImage: (image: number) => void,
 * }} Parts
 */

export class Tools {
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    document.addEventListener("click", (event) => {
      const action = around(event, "[data-map-do]", HTMLElement)?.dataset.mapDo;
      if (action) this.#do(action);
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
    const menu = one(document, "[data-map-menu]", HTMLDetailsElement);
    const summary = one(menu, "summary", HTMLElement);
    document.addEventListener("click", (event) => {
      if (!(event.target instanceof Node && summary.contains(event.target))) menu.open = false;
    });
  }

  /**
   * @param {string} action
   * @param {boolean} isPressed
   */
  #press(action, isPressed) {
    maybe(document, `[data-map-do=${action}]`, HTMLElement)?.setAttribute("aria-pressed", String(isPressed));
  }

  /** @param {string} action */
  #do(action) {
    const { view, data, drawing, selecting, search, captions, note } = this.#parts;
    const { camera } = view;
    switch (action) {
      case "in": return this.#go((goal) => ({ ...goal, zoom: Math.min(camera.mostZoom, goal.zoom * ZOOM) }));
      case "out": return this.#go((goal) => ({ ...goal, zoom: goal.zoom / ZOOM }));
      case "fit": return camera.fit();
      case "lasso": case "rectangle": return this.#use(drawing.tool === action ? null : action);
      case "list": return selecting.list();
      case "clear": return selecting.clear();
      case "show-selection": return selecting.fit();
      case "next": return search.step(1);
      case "previous": return search.step(-1);
      case "clear-search": return search.ask("");
      case "images": return this.#toggleImages();
      case "captions": return this.#toggleCaptions();
      case "drawing": return one(document, "[data-map-drawing]", HTMLDialogElement).showModal();
      case "close-note": return note("");
      case "png": return savePNG(view, captions.shown, `map of ${data.name}`);
      case "svg": return this.#saveSVG();
      case "copy": return this.#copy();
    }
  }

  /**
   * From where the camera will be, so that quick presses add up.
   * @param {(goal: Goal) => Goal} next
   */
  #go(next) {
    const { camera } = this.#parts.view;
    const { x, y, zoom } = next(camera.goal);
    return camera.flyTo(x, y, zoom, QUICK);
  }

  /** @param {DrawingTool | null} tool */
  #use(tool) {
    const { drawing, surface, letGo, say } = this.#parts;
    drawing.tool = tool;
    letGo();
    for (const each of ["lasso", "rectangle"]) this.#press(each, each === tool);
    surface.classList.toggle("is-drawing", tool !== null);
    if (tool) say(`Drag to select with a ${tool}. Escape ends it.`);
  }

  /**
   * A tool is put down again, unless what it draws next changes the selection.
   * @param {Pair[]} corners
   */
  drawn(corners) {
    const { selecting } = this.#parts;
    if (selecting.how === "new") this.#use(null);
    selecting.select({ polygon: corners });
  }

  #toggleImages() {
    const { thumbnails } = this.#parts;
    thumbnails.isOn = !thumbnails.isOn;
    this.#press("images", thumbnails.isOn);
    thumbnails.choose();
  }

  #toggleCaptions() {
    const { captions } = this.#parts;
    captions.isOn = !captions.isOn;
    this.#press("captions", captions.isOn);
  }

  #saveSVG() {
    const { view, captions, data, note } = this.#parts;
    const drawn = saveSVG(view, captions.shown, `map of ${data.name}`);
    if (drawn < MOST_SHAPES) return;
    note(`The drawing holds a sample of ${count(drawn)} points: more would be too much for most programs. `
      + "The picture holds all.");
  }

  async #copy() {
    const { note } = this.#parts;
    try {
      await navigator.clipboard.writeText(location.href);
      note("The link of this view is copied.");
    } catch {
      note("This browser did not let the link be copied.");
    }
  }

  // What was begun last ends first.
  #escape() {
    const { drawing, card, selecting, letGo } = this.#parts;
    if (drawing.cancel()) return;
    if (drawing.tool) this.#use(null);
    else if (card.isPinned) letGo();
    else if (!document.body.classList.contains("is-choosing")) selecting.clear();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const { view, surface, choice } = this.#parts;
    const onMap = event.target === surface || event.target === document.body;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const [action, arrow] = [KEYS[key], ARROWS[key]];
    if (key === "Escape") return this.#escape();
    if (action) this.#do(action);
    else if (key === "g") choice.toggle();
    else if (onMap && arrow) {
      const { scale } = view.camera;
      this.#go((goal) => ({ ...goal, x: goal.x - arrow[0] / scale, y: goal.y + arrow[1] / scale }));
    } else if (!(onMap && key === "Enter" && this.#openPinned())) return;
    event.preventDefault();
  }

  // Says whether there was a card that stays, with an image to open.
  #openPinned() {
    const { card, facts, openImage } = this.#parts;
    if (!card.isPinned || card.index === null) return false;
    const known = facts.peek(card.index);
    if (known && !known.gone) openImage(known.image);
    return true;
  }
}
