// The lightbox: one image of a grid as large as the window allows, what is known of it, and the ones beside it. Its
// address is the page's with `image` added, so Back closes it and a reload opens it again.
import { all, around, maybe, one } from "../dom.js";
import { fetchPage } from "../fragment.js";
import { isFolded } from "./grid.js";
import { refineLinks } from "../search/refine.js";
import { Zoom } from "./zoom.js";
import "../page/copy.js";

// So many images before the end of the list, its next page is asked for.
const AHEAD = 4;
const KEPT = 60;

const dialog = maybe(document, "[data-lightbox]", HTMLDialogElement);
// What names the open image in the address; on the map `image` is where it was entered.
const NAME = dialog?.dataset.named ?? "image";

const SWIPES = { left: "next", right: "previous", down: "close" };
/** @type {Record<string, string>} */
const KEYS = { ArrowLeft: "previous", ArrowRight: "next", i: "facts", I: "facts", "+": "in", "-": "out" };
/** @type {Record<string, string>} */
const PANEL_KEYS = { s: "[data-similar]", d: "[data-download]", c: "[data-copy]", m: "[data-on-map]" };

class Lightbox {
  #dialog;
  #picture;
  #panel;
  #place;
  #zoom;
  /** @type {HTMLElement | null} */
  #item = null;
  #shown = "";
  /** @type {Map<string, Promise<HTMLElement>>} */
  #panels = new Map();

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    /** @param {string} name */
    this.#dialog = dialog;
    this.#picture = one(dialog, "[data-lightbox-picture]", HTMLImageElement);
    this.#panel = one(dialog, "[data-lightbox-panel]", HTMLElement);
    this.#place = one(dialog, "[data-lightbox-place]", HTMLElement);
    const stage = one(dialog, "[data-lightbox-stage]", HTMLElement);
    this.#zoom = new Zoom(stage, this.#picture, (way) => this.#do(SWIPES[way]));
    dialog.addEventListener("click", (event) => {
      this.#do(around(event, "[data-lightbox-do]", HTMLElement)?.dataset.lightboxDo);
    });
    dialog.addEventListener("keydown", (event) => this.#onKey(event));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#leave();
    });
    document.addEventListener("click", (event) => this.#onClick(event));
    addEventListener("popstate", () => this.#followAddress());
    document.addEventListener("gridgrown", () => { if (this.#shown) this.#stand(this.#shown); });
    this.#followAddress();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const link = around(event, "[data-lightbox-grid] .cell", HTMLElement);
    const image = link?.parentElement?.dataset.image;
    if (!image || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.scrollRestoration = "manual";
    history.pushState({ lightbox: true }, "", addressOf(image));
    this.#open(image);
    this.#grow(link.getBoundingClientRect());
  }

  /**
   * The picture comes from where it stood in the list, so that nobody loses it from sight.
   * @param {DOMRect} from
   */
  #grow(from) {
    const to = this.#picture.getBoundingClientRect();
    if (!to.width || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const across = from.left + from.width / 2 - to.left - to.width / 2;
    const down = from.top + from.height / 2 - to.top - to.height / 2;
    const start = { transform: `translate(${across}px, ${down}px) scale(${from.width / to.width})` };
    this.#picture.animate([start, { transform: "none" }], { duration: 160, easing: "ease-out" });
  }

  #followAddress() {
    const image = new URLSearchParams(location.search).get(NAME);
    if (image && /^\d+$/.test(image)) this.#open(image);
    else if (this.#dialog.open) this.#close();
  }

  /** @param {string} image */
  #open(image) {
    if (!this.#dialog.open) {
      this.#dialog.showModal();
      document.documentElement.classList.add("has-lightbox");
    }
    this.#stand(image);
    this.#show(image);
  }

  // Leaving goes back in the history where the lightbox was opened from the list, and stays in place otherwise.
  #leave() {
    if (history.state?.lightbox) history.back();
    else {
      history.replaceState(null, "", addressOf(null));
      this.#close();
    }
  }

  #close() {
    this.#dialog.close();
    this.#shown = "";
    document.documentElement.classList.remove("has-lightbox");
    this.#picture.removeAttribute("src");
    const link = this.#item && maybe(this.#item, ".cell", HTMLElement);
    this.#item?.closest("details")?.setAttribute("open", "");
    link?.scrollIntoView({ block: "nearest", behavior: "instant" });
    link?.focus({ preventScroll: true });
  }

  /** @param {string} image */
  #stand(image) {
    this.#item = maybe(document, `[data-lightbox-grid] > li[data-image="${image}"]`, HTMLElement);
    const items = this.#items();
    const number = this.#number(items);
    for (const [name, step] of Object.entries({ previous: -1, next: 1 })) {
      const button = one(this.#dialog, `[data-lightbox-do="${name}"]`, HTMLButtonElement);
      button.disabled = number < 0 || !items[number + step];
    }
    this.#place.textContent = number < 0 ? "" : `${number + 1} of ${items.length}`;
  }

  // Where weaker matches are unfolded, they go on from the others.
  #items() {
    const list = this.#item?.closest("[data-group]") ?? this.#item?.parentElement?.parentElement;
    const items = list ? all(list, "[data-lightbox-grid] > li", HTMLElement) : [];
    return items.filter((item) => item === this.#item || !isFolded(item));
  }

  /**
   * The place of the open image among others; -1 where it is not one of them.
   * @param {HTMLElement[]} items
   */
  #number(items) {
    return items.findIndex((item) => item === this.#item);
  }

  /** @param {string} image */
  async #show(image) {
    this.#shown = image;
    const small = this.#item && maybe(this.#item, "img", HTMLImageElement);
    this.#panel.setAttribute("aria-busy", "true");
    if (small) {
      const [width, height] = [Number(small.getAttribute("width")), Number(small.getAttribute("height"))];
      this.#setPicture(small.src, small.alt, width, height);
    } else this.#picture.hidden = true;
    try {
      const panel = await this.#panelOf(image);
      if (this.#shown !== image) return;
      this.#fillPanel(panel, image);
    } catch {
      if (this.#shown === image) this.#sayFailure();
    }
    this.#lookAhead();
  }

  /**
   * @param {string} address
   * @param {string} name
   * @param {number} width
   * @param {number} height
   */
  #setPicture(address, name, width, height) {
    this.#picture.src = address;
    this.#picture.alt = name;
    this.#zoom.show(width || 4, height || 3);
  }

  /** @param {string} image */
  #panelOf(image) {
    const kept = this.#panels.get(image);
    if (kept) return kept;
    const { panel = "" } = this.#dialog.dataset;
    const fetched = fetchPage(panel.replace("/0/", `/${image}/`)).then((page) => page.body);
    fetched.catch(() => this.#panels.delete(image));
    this.#panels.set(image, fetched);
    const [oldest] = this.#panels.keys();
    if (this.#panels.size > KEPT) this.#panels.delete(oldest);
    return fetched;
  }

  /**
   * @param {HTMLElement} part
   * @param {string} image
   */
  #fillPanel(part, image) {
    const facts = document.importNode(part, true);
    this.#panel.removeAttribute("aria-busy");
    const asked = this.#item && maybe(this.#item, ".score", HTMLElement);
    for (const field of all(facts, "[data-of-question]", HTMLElement)) field.hidden = !asked;
    if (this.#item && asked) {
      one(facts, "[data-score]", HTMLElement).textContent = asked.lastChild?.textContent ?? "";
      one(facts, "[data-rank]", HTMLElement).textContent = asked.dataset.rank ?? "";
      refineLinks(facts, image, one(this.#item, "img", HTMLImageElement).alt);
    }
    this.#panel.replaceChildren(...facts.children);
    this.#panel.scrollTop = 0;
    this.#loadWhole(maybe(this.#panel, "[data-picture]", HTMLElement), image);
  }

  /**
   * The small picture is there at once; the whole one takes its place when it has been read.
   * @param {HTMLElement | null} source
   * @param {string} image
   */
  async #loadWhole(source, image) {
    if (!source) return;
    const { small = "", picture = "", width, height } = source.dataset;
    if (this.#picture.hidden) this.#setPicture(small, source.textContent ?? "", Number(width), Number(height));
    const whole = new Image();
    whole.src = picture;
    try {
      await whole.decode();
    } catch {
      return;
    }
    if (this.#shown === image) this.#picture.src = whole.src;
  }

  #sayFailure() {
    this.#panel.removeAttribute("aria-busy");
    const sentence = document.createElement("p");
    sentence.setAttribute("role", "alert");
    sentence.textContent = "What is known of this image did not arrive. Go on, or come back to it.";
    this.#panel.replaceChildren(sentence);
  }

  #lookAhead() {
    const items = this.#items();
    const number = this.#number(items);
    if (number < 0) return;
    const next = items[number + 1];
    if (next?.dataset.image) this.#panelOf(next.dataset.image).catch(() => {});
    // What comes after folded images would be folded away, too.
    const list = this.#item?.closest("[data-group]:not(:has([data-weaker]:not([open], [hidden])))");
    if (list && number >= items.length - AHEAD) maybe(list, "[data-more] a", HTMLElement)?.click();
  }

  /** @param {number} direction */
  #step(direction) {
    const items = this.#items();
    const image = items[this.#number(items) + direction]?.dataset.image;
    if (!image) return;
    history.replaceState(history.state, "", addressOf(image));
    this.#open(image);
  }

  /** @param {string | undefined} action */
  #do(action) {
    switch (action) {
      case "next": return this.#step(1);
      case "previous": return this.#step(-1);
      case "close": return this.#leave();
      case "in": return this.#zoom.zoom(1);
      case "out": return this.#zoom.zoom(-1);
      case "facts": {
        const hidden = this.#dialog.classList.toggle("is-bare");
        one(this.#dialog, "[data-lightbox-do=facts]", HTMLElement).setAttribute("aria-pressed", String(!hidden));
      }
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || around(event, "input, select, textarea", HTMLElement)) return;
    const link = PANEL_KEYS[event.key.toLowerCase()];
    if (KEYS[event.key]) this.#do(KEYS[event.key]);
    else if (event.key === "0") this.#zoom.fit();
    else if (link) maybe(this.#panel, link, HTMLElement)?.click();
    else return;
    event.preventDefault();
  }
}

/** @param {string | null} image */
function addressOf(image) {
  const address = new URL(location.href);
  if (image === null) address.searchParams.delete(NAME);
  else address.searchParams.set(NAME, image);
  return address.pathname + address.search;
}

if (dialog) new Lightbox(dialog);
