// What the server knows about single points (name, thumbnail, page, clusters), fetched once each and many at a time.
import { Gone, fetchJSON } from "./data.js";

const AT_ONCE = 100;
const GATHER = 12; // milliseconds in which what is wanted is put together
const KEPT = 20_000;

/**
 * Ends the wait for a point.
 * @typedef {{ resolve: (facts: PointFacts) => void, reject: (reason: unknown) => void }} Ends
 */

export class PointLookup {
  #address;
  #onGone;
  /** @type {Map<number, { promise: Promise<PointFacts>, facts?: PointFacts }>} */
  #known = new Map();
  /** @type {Map<number, Ends>} */
  #waiting = new Map();
  #timer = 0;

  /**
   * address: that of the points' facts, to which `?index=` is added; onGone: called where they are not there
   * @param {string} address
   * @param {() => void} onGone
   */
  constructor(address, onGone) {
    this.#address = address;
    this.#onGone = onGone;
  }

  /** @param {number} index */
  peek(index) {
    return this.#known.get(index)?.facts;
  }

  /**
   * An urgent one does not wait for others: the point under the pointer matters more than the images around it.
   * @param {number} index
   * @param {boolean} [isUrgent]
   * @returns {Promise<PointFacts>}
   */
  get(index, isUrgent = false) {
    const known = this.#known.get(index);
    const waiting = this.#waiting.get(index);
    if (known && waiting && isUrgent) {
      this.#waiting.delete(index);
      this.#fetch(new Map([[index, waiting]]));
    }
    if (known) return known.promise;
    /** @type {PromiseWithResolvers<PointFacts>} */
    const { promise, resolve, reject } = Promise.withResolvers();
    promise.catch(() => {});
    this.#known.set(index, { promise });
    if (isUrgent) this.#fetch(new Map([[index, { resolve, reject }]]));
    else this.#gather(index, { resolve, reject });
    return promise;
  }

  /**
   * What is no longer seen need not be asked for.
   * @param {(index: number) => boolean} isWanted
   */
  forget(isWanted) {
    for (const [index, { reject }] of this.#waiting) {
      if (isWanted(index)) continue;
      this.#waiting.delete(index);
      this.#known.delete(index);
      reject(new Error("no longer wanted"));
    }
  }

  /**
   * @param {number} index
   * @param {Ends} ends
   */
  #gather(index, ends) {
    this.#waiting.set(index, ends);
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      const all = [...this.#waiting];
      this.#waiting.clear();
      for (let from = 0; from < all.length; from += AT_ONCE) this.#fetch(new Map(all.slice(from, from + AT_ONCE)));
    }, GATHER);
  }

  /** @param {Map<number, Ends>} asked */
  async #fetch(asked) {
    try {
      const address = `${this.#address}?index=${[...asked.keys()].join(",")}`;
      /** @type {{ points: PointFacts[] }} */
      const { points } = await fetchJSON(address, "What is known of the images");
      for (const facts of points) {
        const known = this.#known.get(facts.index);
        if (known) known.facts = facts;
        asked.get(facts.index)?.resolve(facts);
        asked.delete(facts.index);
      }
      this.#reject(asked, new Error("The map has no such point."));
    } catch (error) {
      if (error instanceof Gone) this.#onGone();
      this.#reject(asked, error);
    }
    if (this.#known.size > KEPT) this.#known.clear();
  }

  /**
   * Forgotten as well, so that the next look asks again.
   * @param {Map<number, Ends>} asked
   * @param {unknown} reason
   */
  #reject(asked, reason) {
    for (const [index, { reject }] of asked) {
      this.#known.delete(index);
      reject(reason);
    }
  }
}
