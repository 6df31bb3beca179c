// Images on the map: as many as fit side by side without covering each other; the rest stay dots until one zooms in.

const SIDE = 64;
const SIDE_ON_PHONE = 48;
const GAP = 2;
const MOST = 160;
const SETTLE = 140;
const MOST_TRIES = 500_000;

// Which places of the window are taken, in squares as large as an image, so that only neighbours need comparing.
class Places {
  #side;
  #squares = new Map();

  constructor(side) {
    this.#side = side;
  }

  take(x, y) {
    const column = Math.floor(x / this.#side);
    const row = Math.floor(y / this.#side);
    for (let c = column - 1; c <= column + 1; c++) {
      for (let r = row - 1; r <= row + 1; r++) {
        const near = this.#squares.get(`${c},${r}`);
        if (near && Math.abs(near[0] - x) < this.#side + GAP && Math.abs(near[1] - y) < this.#side + GAP) return false;
      }
    }
    this.#squares.set(`${column},${row}`, [x, y]);
    return true;
  }
}

export class MapImages {
  #layer;
  #plot;
  #facts;
  #count;
  #shown = new Map();
  #timer = 0;
  #on = true;
  #chosen = null;

  constructor(layer, plot, facts, count) {
    this.#layer = layer;
    this.#plot = plot;
    this.#facts = facts;
    this.#count = count;
  }

  toggle() {
    this.#on = !this.#on;
    this.#layer.hidden = !this.#on;
    if (this.#on) this.follow();
    return this.#on;
  }

  // The chosen image stands out and gets a place before all others.
  mark(index) {
    this.#chosen = index;
    for (const [other, image] of this.#shown) image.classList.toggle("is-chosen", other === index);
    this.follow();
  }

  // While the map moves the images move along; new ones are chosen when it rests.
  follow() {
    if (!this.#on) return;
    for (const [index, image] of this.#shown) this.#place(index, image);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#choose(), SETTLE);
  }

  // The image under a point of the window, or null.
  at(x, y) {
    if (!this.#on) return null;
    for (const [index, image] of this.#shown) {
      const [left, top] = this.#plot.screenOf(index);
      if (image.isConnected && Math.abs(x - left) <= image.width / 2 && Math.abs(y - top) <= image.height / 2) return index;
    }
    return null;
  }

  emphasise(index) {
    for (const [other, image] of this.#shown) image.classList.toggle("is-over", other === index);
  }

  #side() {
    return this.#layer.clientWidth < 620 ? SIDE_ON_PHONE : SIDE;
  }

  // An image that is shown keeps its place, so that a small move changes little.
  #choose() {
    const width = this.#layer.clientWidth;
    const height = this.#layer.clientHeight;
    const places = new Places(this.#side());
    const chosen = new Set();
    const consider = (index) => {
      const [x, y] = this.#plot.screenOf(index);
      const inside = x > 0 && y > 0 && x < width && y < height;
      if (inside && chosen.size < MOST && places.take(x, y)) chosen.add(index);
    };
    if (this.#chosen !== null) consider(this.#chosen);
    for (const index of this.#shown.keys()) if (index !== this.#chosen) consider(index);
    // Of a very large map a sample is looked at: the choice must not hold up the next frame for long.
    const step = Math.ceil(this.#count / MOST_TRIES);
    for (let index = 0; index < this.#count; index += step) consider(index);
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
    image.classList.toggle("is-chosen", index === this.#chosen);
    this.#shown.set(index, image);
    image.addEventListener("load", () => {
      const scale = this.#side() / Math.max(image.naturalWidth, image.naturalHeight);
      image.width = Math.round(image.naturalWidth * scale);
      image.height = Math.round(image.naturalHeight * scale);
      if (this.#shown.get(index) !== image) return;
      this.#place(index, image);
      this.#layer.append(image);
    });
    // An image that does not come stays a dot.
    this.#facts.get(index).then((facts) => { image.src = facts.thumbnail; }, () => {});
  }

  #place(index, image) {
    const [x, y] = this.#plot.screenOf(index);
    image.style.transform = `translate(${Math.round(x - image.width / 2)}px, ${Math.round(y - image.height / 2)}px)`;
  }
}
