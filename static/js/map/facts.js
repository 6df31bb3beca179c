// What the server knows about single points (name, thumbnail, page), fetched once each and few at a time.

const AT_ONCE = 6;

export class PointFacts {
  #address;
  #known = new Map();
  #waiting = [];
  #running = 0;

  // address: that of point 0, ".../0.json"
  constructor(address) {
    this.#address = address;
  }

  peek(index) {
    const entry = this.#known.get(index);
    return entry instanceof Promise ? undefined : entry;
  }

  // `urgent` goes before whatever waits: the point under the pointer matters more than the images around it.
  get(index, urgent = false) {
    const known = this.#known.get(index);
    if (known) return Promise.resolve(known);
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#known.set(index, promise);
    this.#waiting[urgent ? "unshift" : "push"]({ index, resolve, reject });
    this.#next();
    return promise;
  }

  async #fetch(index) {
    const response = await fetch(this.#address.replace(/0\.json$/, `${index}.json`));
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return response.json();
  }

  async #next() {
    if (this.#running >= AT_ONCE || !this.#waiting.length) return;
    const { index, resolve, reject } = this.#waiting.shift();
    this.#running += 1;
    try {
      const facts = await this.#fetch(index);
      this.#known.set(index, facts);
      resolve(facts);
    } catch (error) {
      // Forgotten, so that the next look asks again.
      this.#known.delete(index);
      reject(error);
    }
    this.#running -= 1;
    this.#next();
  }
}
