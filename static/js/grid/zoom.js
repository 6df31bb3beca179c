// One picture on a stage: fitted, zoomed by wheel, double click, keys and two fingers, moved when it is larger than the
// stage; a swipe of the fitted picture asks for the next one.

const MOST = 8;
const STEP = 1.5;
// Pixels: shorter moves are a trembling hand.
const SWIPE = 48;

export class Zoom {
  #stage;
  #picture;
  #onSwipe;
  #size = { width: 1, height: 1 };
  #scale = 1;
  #x = 0;
  #y = 0;
  #fingers = new Map();
  #begin = null;

  // `onSwipe` is called with "left", "right" or "down".
  constructor(stage, picture, onSwipe) {
    this.#stage = stage;
    this.#picture = picture;
    this.#onSwipe = onSwipe;
    stage.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => this.#toggle(event));
    stage.addEventListener("pointerdown", (event) => this.#onDown(event));
    stage.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.#onUp(event));
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  get scale() {
    return this.#scale;
  }

  // The size that the picture would have, in pixels of its own; small ones are enlarged a little.
  show(width, height) {
    this.#size = { width, height };
    this.#picture.hidden = false;
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.#stage;
    const { width, height } = this.#size;
    const fitted = Math.min(clientWidth / width, clientHeight / height, Math.max(2, 320 / Math.max(width, height)));
    this.#picture.style.width = `${Math.round(width * fitted)}px`;
    this.#picture.style.height = `${Math.round(height * fitted)}px`;
    this.#scale = 1;
    this.#x = this.#y = 0;
    this.#draw();
  }

  zoom(direction) {
    if (direction === 0) this.fit();
    else this.#zoomTo(this.#scale * STEP ** direction, this.#middle());
  }

  #middle() {
    const box = this.#stage.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }

  // What lies under the point stays there.
  #zoomTo(wanted, point) {
    const scale = Math.min(MOST, Math.max(1, wanted));
    const middle = this.#middle();
    const change = scale / this.#scale;
    this.#x = (this.#x - (point.x - middle.x)) * change + (point.x - middle.x);
    this.#y = (this.#y - (point.y - middle.y)) * change + (point.y - middle.y);
    this.#scale = scale;
    this.#draw();
  }

  #draw() {
    const roomX = Math.max(0, (this.#picture.offsetWidth * this.#scale - this.#stage.clientWidth) / 2);
    const roomY = Math.max(0, (this.#picture.offsetHeight * this.#scale - this.#stage.clientHeight) / 2);
    this.#x = Math.min(roomX, Math.max(-roomX, this.#x));
    this.#y = Math.min(roomY, Math.max(-roomY, this.#y));
    this.#picture.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    this.#stage.classList.toggle("is-zoomed", this.#scale > 1);
  }

  #onWheel(event) {
    event.preventDefault();
    this.#zoomTo(this.#scale * Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), { x: event.clientX, y: event.clientY });
  }

  #toggle(event) {
    if (this.#scale > 1) this.fit();
    else this.#zoomTo(2.5, { x: event.clientX, y: event.clientY });
  }

  #onDown(event) {
    if (event.button || event.target.closest("button, a")) return;
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#start();
  }

  #start() {
    const fingers = [...this.#fingers.values()];
    this.#begin = fingers.length && { ...centre(fingers), spread: spread(fingers), count: fingers.length,
      scale: this.#scale, offsetX: this.#x, offsetY: this.#y };
  }

  #onMove(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const fingers = [...this.#fingers.values()];
    const now = centre(fingers);
    if (fingers.length === 2) {
      this.#zoomTo(this.#begin.scale * (spread(fingers) / (this.#begin.spread || 1)), now);
    } else if (this.#scale > 1) {
      this.#x = this.#begin.offsetX + now.x - this.#begin.x;
      this.#y = this.#begin.offsetY + now.y - this.#begin.y;
      this.#draw();
    }
  }

  #onUp(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    const begin = this.#begin;
    this.#fingers.delete(event.pointerId);
    this.#start();
    if (event.type === "pointercancel" || begin.count !== 1 || begin.scale > 1) return;
    const [across, down] = [finger.x - begin.x, finger.y - begin.y];
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) this.#onSwipe(across < 0 ? "left" : "right");
    else if (down > 2 * SWIPE && down > 2 * Math.abs(across)) this.#onSwipe("down");
  }
}

function centre(fingers) {
  const sum = fingers.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / fingers.length, y: sum.y / fingers.length };
}

function spread([first, second]) {
  return second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;
}
