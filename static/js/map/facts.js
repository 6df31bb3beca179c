// What the server knows about single points (name, thumbnail, page, clusters), fetched once each and many at a time.
import { fetched } from "./render/points.js";

const AT_ONCE = 100;
const GATHER = 12; // milliseconds in which what is wanted is put together
const KEPT = 20_000;

export class PointFacts {
  #address;
  #onGone;
  #known = new Map();
  #waiting = new Map();
  #timer = 0;

  // address: that of the points' facts, to which `?index=` is added; onGone: called where they are not there
  constructor(address, onGone) {
    this.#address = address;
    this.#onGone = onGone;
  }

  peek(index) {
    return this.#known.get(index)?.facts;
  }

  // An urgent one does not wait for others: the point under the pointer matters more than the images around it.
  get(index, isUrgent = false) {
    const known = this.#known.get(index);
    if (known && !(isUrgent && this.#waiting.has(index))) return known.promise;
    if (known) {
      const { resolve, reject } = this.#waiting.get(index);
      this.#waiting.delete(index);
      this.#fetch(new Map([[index, { resolve, reject }]]));
      return known.promise;
    }
    const { promise, resolve, reject } = Promise.withResolvers();
    promise.catch(() => {});
    this.#known.set(index, { promise });
    const asked = new Map([[index, { resolve, reject }]]);
    if (isUrgent) this.#fetch(asked);
    else this.#gather(index, asked.get(index));
    return promise;
  }

  // What is known already, as a list of hits brings it.
  tell(facts) {
    if (!this.#known.has(facts.index)) this.#known.set(facts.index, { promise: Promise.resolve(facts), facts });
  }

  // What is no longer seen need not be asked for.
  forget(isWanted) {
    for (const [index, { reject }] of this.#waiting) {
      if (isWanted(index)) continue;
      this.#waiting.delete(index);
      this.#known.delete(index);
      reject(new Error("no longer wanted"));
    }
  }

  #gather(index, ends) {
    this.#waiting.set(index, ends);
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      const all = [...this.#waiting];
      this.#waiting.clear();
      for (let from = 0; from < all.length; from += AT_ONCE) this.#fetch(new Map(all.slice(from, from + AT_ONCE)));
    }, GATHER);
  }

  async #fetch(asked) {
    try {
      const response = await fetched(`${this.#address}?index=${[...asked.keys()].join(",")}`, "What is known of the images");
      for (const facts of (await response.json()).points) {
        this.#known.get(facts.index).facts = facts;
        asked.get(facts.index).resolve(facts);
        asked.delete(facts.index);
      }
      throw new Error("The map has no such point.");
    } catch (error) {
      if (error.message === "gone") this.#onGone();
      // Forgotten, so that the next look asks again.
      for (const [index, { reject }] of asked) {
        this.#known.delete(index);
        reject(error);
      }
    }
    if (this.#known.size > KEPT) this.#known.clear();
  }
}
