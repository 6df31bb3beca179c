// The map page: loads the points, draws them, and joins pointer, touch and keys to the plot, the card and the images.
import { PointFacts } from "./map/facts.js";
import { MapImages } from "./map/images.js";
import { loadPoints } from "./map/points.js";
import { startTouch } from "./map/touch.js";

const HOVER_DELAY = 60;
const CLICK_SLACK = 5;
const STEP = 120;
const ZOOM = 0.6;
const AROUND_CHOSEN = 60;
const NARROW = 620;

const map = document.querySelector("[data-map]");
const canvas = map.querySelector("canvas");
const card = map.querySelector("[data-map-card]");
const state = map.querySelector("[data-map-state]");
const facts = new PointFacts(map.dataset.point);

function fail(reason) {
  const notice = map.querySelector("[data-map-failed]");
  notice.querySelector("[data-field=reason]").textContent = reason;
  notice.hidden = false;
  state.textContent = "";
}

function hasWebGL() {
  const context = document.createElement("canvas").getContext("webgl");
  return Boolean(context?.getExtension("OES_texture_float"));
}

class Explorer {
  #plot = null;
  #images = null;
  #hovered = null;
  #overDot = null;
  #chosen = null; // what the address names, until the visitor turns to something else
  #timer = 0;
  #pointer = [0, 0];

  async open() {
    // Imported late: the library wants WebGL as soon as it is used, and the page must be able to say that there is none.
    const [{ Plot }, points] = await Promise.all([import("./map/plot.js"), loadPoints(map.dataset.points)]);
    if (!points.count) throw new Error("This map holds no images.");
    this.#plot = new Plot(canvas, points, { onView: () => this.#onView(), onDot: (index) => this.#onDot(index) });
    await this.#plot.draw();
    this.#images = new MapImages(map.querySelector("[data-map-images]"), this.#plot, facts, points.count);
    this.#images.follow();
    this.#listen();
    state.textContent = "";
    if (map.dataset.chosen) await this.#choose(Number(map.dataset.chosen));
    map.dataset.ready = "";
  }

  #listen() {
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse") return;
      this.#pointer = [event.offsetX, event.offsetY];
      if (!event.buttons) this.#point();
      this.#placeCard();
    });
    canvas.addEventListener("pointerleave", () => this.#onHover(null));
    this.#listenForClicks();
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    map.querySelectorAll("[data-map-do]").forEach((button) => button.addEventListener("click", () => this.#do(button.dataset.mapDo)));
    new ResizeObserver(() => {
      this.#plot.resize();
      this.#onView();
    }).observe(map);
    const recolour = () => this.#plot.recolour();
    document.addEventListener("themechange", recolour);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
    startTouch(canvas, this.#plot, (index) => this.#showSheet(index));
  }

  #listenForClicks() {
    let pressed = [0, 0];
    canvas.addEventListener("mousedown", (event) => { pressed = [event.clientX, event.clientY]; });
    canvas.addEventListener("click", (event) => {
      const moved = Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]);
      if (moved > CLICK_SLACK || card.classList.contains("is-sheet")) return;
      const index = this.#under();
      if (index === null) this.#letGo();
      else this.#openPage(index, event.ctrlKey || event.metaKey);
    });
  }

  async #openPage(index, inNewTab) {
    const { url } = await facts.get(index, true);
    if (inNewTab) window.open(url, "_blank", "noopener");
    else location.assign(url);
  }

  #do(action) {
    if (action === "in") this.#plot.zoom(ZOOM);
    else if (action === "out") this.#plot.zoom(1 / ZOOM);
    else if (action === "fit") this.#plot.fit();
    else map.querySelector("[data-map-do=images]").setAttribute("aria-pressed", String(this.#images.toggle()));
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      "+": () => this.#do("in"), "=": () => this.#do("in"), "-": () => this.#do("out"), "0": () => this.#do("fit"), i: () => this.#do("images"),
      ArrowLeft: () => this.#plot.pan(STEP, 0, true), ArrowRight: () => this.#plot.pan(-STEP, 0, true),
      ArrowUp: () => this.#plot.pan(0, STEP, true), ArrowDown: () => this.#plot.pan(0, -STEP, true),
      Escape: () => this.#letGo(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #onView() {
    this.#images?.follow();
    if (this.#chosen === null) this.#hideCard();
    else this.#placeCard();
  }

  // The image in the middle among those most like it, with its card, which stays beside it.
  async #choose(index) {
    this.#chosen = this.#hovered = index;
    this.#plot.mark(index);
    await this.#plot.goTo(index, AROUND_CHOSEN);
    this.#images.mark(index);
    card.classList.add("is-chosen");
    card.classList.toggle("is-sheet", map.clientWidth < NARROW);
    await this.#fillCard(index);
    this.#placeCard();
    map.querySelector("[data-map-said]").textContent = `${card.querySelector("[data-field=name]").textContent} is in the middle of the map.`;
  }

  #letGo() {
    this.#chosen = null;
    this.#plot.mark(null);
    this.#images.mark(null);
    this.#hideCard();
  }

  #onDot(index) {
    this.#overDot = index;
    if (this.#images) this.#point();
  }

  // An image lies over the dots, so it comes first.
  #point() {
    this.#onHover(this.#under());
  }

  #under() {
    return this.#images.at(...this.#pointer) ?? this.#overDot;
  }

  #onHover(index) {
    if (index === this.#hovered || card.classList.contains("is-sheet")) return;
    if (this.#chosen !== null) {
      if (index === null) return;
      this.#letGo();
    }
    this.#hovered = index;
    this.#images.emphasise(index);
    canvas.classList.toggle("is-over", index !== null);
    clearTimeout(this.#timer);
    if (index === null) this.#hideCard();
    else this.#timer = setTimeout(() => this.#fillCard(index).then(() => this.#placeCard()), HOVER_DELAY);
  }

  #hideCard() {
    this.#hovered = null;
    this.#images?.emphasise(null);
    card.hidden = true;
    card.classList.remove("is-sheet", "is-chosen");
    card.removeAttribute("style");
  }

  async #fillCard(index) {
    const found = await facts.get(index, true);
    if (this.#hovered !== index) return;
    card.href = found.url;
    card.querySelector("img").src = found.thumbnail;
    card.querySelector("[data-field=name]").textContent = found.name;
    card.querySelector("[data-field=place]").textContent = `${found.x.toFixed(2)}, ${found.y.toFixed(2)}`;
    card.hidden = false;
  }

  // Beside the pointer or the chosen image, on the side where there is room.
  #placeCard() {
    if (card.hidden || card.classList.contains("is-sheet")) return;
    const [x, y] = this.#chosen === null ? this.#pointer : this.#plot.screenOf(this.#chosen);
    const gap = this.#chosen === null ? 20 : 44;
    const { offsetWidth, offsetHeight } = card;
    const left = x + gap + offsetWidth > map.clientWidth ? x - gap - offsetWidth : x + gap;
    const top = Math.min(Math.max(8, y - offsetHeight / 2), map.clientHeight - offsetHeight - 8);
    card.style.transform = `translate(${Math.max(8, left)}px, ${top}px)`;
  }

  // Under a finger a card would be hidden; it lies at the bottom instead and is the link itself.
  #showSheet(index) {
    if (this.#chosen !== null) this.#letGo();
    this.#hovered = index;
    this.#plot.highlight(index);
    if (index === null) {
      this.#hideCard();
      return;
    }
    card.removeAttribute("style");
    card.classList.add("is-sheet");
    this.#fillCard(index);
  }
}

if (!hasWebGL()) fail("This browser has no WebGL, or it is switched off.");
else new Explorer().open().catch((error) => fail(error.message));
