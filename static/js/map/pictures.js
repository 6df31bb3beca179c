// Pictures on the map: one for every stretch of the window that has points, the rest stay dots until one zooms in.

const STRETCH = 92;
const PICTURE = 72;
const MOST = 140;
const SETTLE = 140;

export class MapPictures {
  #layer;
  #plot;
  #facts;
  #count;
  #shown = new Map();
  #timer = 0;
  #on = true;

  constructor(layer, plot, facts, count) {
    this.#layer = layer;
    this.#plot = plot;
    this.#facts = facts;
    this.#count = count;
  }

  toggle() {
    this.#on = !this.#on;
    this.#layer.hidden = !this.#on;
    if (this.#on) this.#choose();
    return this.#on;
  }

  // While the map moves the pictures move along; new ones are chosen when it rests.
  follow() {
    if (!this.#on) return;
    for (const [index, image] of this.#shown) this.#place(index, image);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#choose(), SETTLE);
  }

  // A picture that is shown keeps its place, so that a small move changes little.
  #choose() {
    const width = this.#layer.clientWidth;
    const height = this.#layer.clientHeight;
    const taken = new Set();
    const chosen = new Set();
    const consider = (index) => {
      const [x, y] = this.#plot.screenOf(index);
      if (x < 0 || y < 0 || x > width || y > height || chosen.size >= MOST) return;
      const stretch = `${Math.floor(x / STRETCH)},${Math.floor(y / STRETCH)}`;
      if (taken.has(stretch)) return;
      taken.add(stretch);
      chosen.add(index);
    };
    for (const index of this.#shown.keys()) consider(index);
    for (let index = 0; index < this.#count; index++) consider(index);
    this.#replace(chosen);
  }

  #replace(chosen) {
    for (const [index, image] of this.#shown) {
      if (chosen.has(index)) continue;
      image.remove();
      this.#shown.delete(index);
    }
    for (const index of chosen) if (!this.#shown.has(index)) this.#add(index);
  }

  #add(index) {
    const image = new Image();
    image.alt = "";
    image.decoding = "async";
    this.#shown.set(index, image);
    image.addEventListener("load", () => {
      const scale = PICTURE / Math.max(image.naturalWidth, image.naturalHeight);
      image.width = Math.round(image.naturalWidth * scale);
      image.height = Math.round(image.naturalHeight * scale);
      if (this.#shown.get(index) !== image) return;
      this.#place(index, image);
      this.#layer.append(image);
    });
    // A picture that does not come stays a dot.
    this.#facts.get(index).then((facts) => { image.src = facts.thumbnail; }, () => {});
  }

  #place(index, image) {
    const [x, y] = this.#plot.screenOf(index);
    image.style.transform = `translate(${Math.round(x - image.width / 2)}px, ${Math.round(y - image.height / 2)}px)`;
  }
}
