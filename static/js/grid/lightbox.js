// The lightbox: one image of a grid as large as the window allows, what is known of it, and the ones beside it. Its
// address is the page's with `image` added, so Back closes it and a reload opens it again.
import "../page/copy.js";
import { isFolded } from "./grid.js";
import { refineLinks } from "../search/refine.js";
import { Zoom } from "./zoom.js";

// So many images before the end of the list, its next page is asked for.
const AHEAD = 4;

const dialog = document.querySelector("[data-lightbox]");
// What names the open image in the address; on the map `image` is where it was entered.
const NAME = dialog?.dataset.named ?? "image";

class Lightbox {
  #dialog;
  #picture;
  #panel;
  #place;
  #zoom;
  #item = null;
  #shown = "";
  #panels = new Map();

  constructor(dialog) {
    const find = (name) => dialog.querySelector(`[data-lightbox-${name}]`);
    this.#dialog = dialog;
    this.#picture = find("picture");
    this.#panel = find("panel");
    this.#place = find("place");
    this.#zoom = new Zoom(find("stage"), this.#picture, (way) => this.#do({ left: "next", right: "previous", down: "close" }[way]));
    dialog.addEventListener("click", (event) => this.#do(event.target.closest("[data-lightbox-do]")?.dataset.lightboxDo));
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

  #onClick(event) {
    const link = event.target.closest("[data-lightbox-grid] .cell");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.scrollRestoration = "manual";
    history.pushState({ lightbox: true }, "", addressOf(link.parentElement.dataset.image));
    this.#open(link.parentElement.dataset.image);
    this.#grow(link.getBoundingClientRect());
  }

  // The picture comes from where it stood in the list, so that nobody loses it from sight.
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
    const link = this.#item?.querySelector(".cell");
    this.#item?.closest("details")?.setAttribute("open", "");
    link?.scrollIntoView({ block: "nearest", behavior: "instant" });
    link?.focus({ preventScroll: true });
  }

  #stand(image) {
    this.#item = document.querySelector(`[data-lightbox-grid] > li[data-image="${image}"]`);
    const items = this.#items();
    const number = items.indexOf(this.#item);
    for (const [name, step] of [["previous", -1], ["next", 1]]) {
      const button = this.#dialog.querySelector(`[data-lightbox-do="${name}"]`);
      button.disabled = number < 0 || !items[number + step];
    }
    this.#place.textContent = number < 0 ? "" : `${number + 1} of ${items.length}`;
  }

  // Where weaker matches are unfolded, they go on from the others.
  #items() {
    const around = this.#item?.closest("[data-group]") ?? this.#item?.parentElement.parentElement;
    const all = [...(around?.querySelectorAll("[data-lightbox-grid] > li") ?? [])];
    return all.filter((item) => item === this.#item || !isFolded(item));
  }

  async #show(image) {
    this.#shown = image;
    const small = this.#item?.querySelector("img");
    this.#panel.setAttribute("aria-busy", "true");
    if (small) this.#setPicture(small.src, small.alt, Number(small.getAttribute("width")), Number(small.getAttribute("height")));
    else this.#picture.hidden = true;
    try {
      const panel = await this.#panelOf(image);
      if (this.#shown !== image) return;
      this.#fillPanel(panel, image);
    } catch {
      if (this.#shown === image) this.#sayFailure();
    }
    this.#lookAhead();
  }

  #setPicture(address, name, width, height) {
    this.#picture.src = address;
    this.#picture.alt = name;
    this.#zoom.show(width || 4, height || 3);
  }

  #panelOf(image) {
    if (!this.#panels.has(image)) {
      const fetched = fetchPart(this.#dialog.dataset.panel.replace("/0/", `/${image}/`));
      fetched.catch(() => this.#panels.delete(image));
      this.#panels.set(image, fetched);
      if (this.#panels.size > 60) this.#panels.delete(this.#panels.keys().next().value);
    }
    return this.#panels.get(image);
  }

  #fillPanel(part, image) {
    const facts = part.cloneNode(true);
    this.#panel.removeAttribute("aria-busy");
    const asked = this.#item?.querySelector(".score");
    for (const field of facts.querySelectorAll("[data-of-question]")) field.hidden = !asked;
    if (asked) {
      facts.querySelector("[data-score]").textContent = asked.lastChild.textContent;
      facts.querySelector("[data-rank]").textContent = asked.dataset.rank;
      refineLinks(facts, image, this.#item.querySelector("img").alt);
    }
    this.#panel.replaceChildren(...facts.children);
    this.#panel.scrollTop = 0;
    this.#loadWhole(this.#panel.querySelector("[data-picture]"), image);
  }

  // The small picture is there at once; the whole one takes its place when it has been read.
  async #loadWhole(source, image) {
    if (!source) return;
    const { small, picture, width, height } = source.dataset;
    if (this.#picture.hidden) this.#setPicture(small, source.textContent, Number(width), Number(height));
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
    const number = items.indexOf(this.#item);
    if (number < 0) return;
    const next = items[number + 1];
    if (next) this.#panelOf(next.dataset.image).catch(() => {});
    // What comes after folded images would be folded away, too.
    const list = this.#item.closest("[data-group]:not(:has([data-weaker]:not([open], [hidden])))");
    if (number >= items.length - AHEAD) list?.querySelector("[data-more] a")?.click();
  }

  #step(direction) {
    const items = this.#items();
    const next = items[items.indexOf(this.#item) + direction];
    if (!next) return;
    history.replaceState(history.state, "", addressOf(next.dataset.image));
    this.#open(next.dataset.image);
  }

  #do(action) {
    switch (action) {
      case "next": return this.#step(1);
      case "previous": return this.#step(-1);
      case "close": return this.#leave();
      case "in": return this.#zoom.zoom(1);
      case "out": return this.#zoom.zoom(-1);
      case "facts": {
        const hidden = this.#dialog.classList.toggle("is-bare");
        this.#dialog.querySelector("[data-lightbox-do=facts]").setAttribute("aria-pressed", String(!hidden));
      }
    }
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const keys = { ArrowLeft: "previous", ArrowRight: "next", i: "facts", I: "facts", "+": "in", "-": "out" };
    const panel = { s: "[data-similar]", d: "[data-download]", c: "[data-copy]", m: "[data-on-map]" }[event.key.toLowerCase()];
    if (keys[event.key]) this.#do(keys[event.key]);
    else if (event.key === "0") this.#zoom.fit();
    else if (panel) this.#panel.querySelector(panel)?.click();
    else return;
    event.preventDefault();
  }
}

function addressOf(image) {
  const address = new URL(location.href);
  if (image === null) address.searchParams.delete(NAME);
  else address.searchParams.set(NAME, image);
  return address.pathname + address.search;
}

async function fetchPart(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

if (dialog) new Lightbox(dialog);
