// Search in the map: hits light up by their score while all others stand back, and one flies from hit to hit.
import { getJSON } from "../http.js";
import { ramp, token, written } from "./render/colours.js";

const DIMMED = 0.3;
const SOFTENED = 0.75;
const AROUND = 80; // so many points are seen around a hit that one flies to
const LEAST = 4;
const MOST = 9;

/** @type {MapHits} */
const NOTHING = { hits: [], total: 0, not_on_map: 0, more: false, query: "", notice: "" };

export class Hits {
  query = "";
  /** @type {MapHit[]} */
  hits = [];
  current = -1;
  #view;
  #facts;
  #base;
  #thumbnails;
  #areColours = false;
  #asked = 0;
  #colours = { ramp: [""], page: "" };

  /**
   * @param {MapView} view
   * @param {PointLookup} facts
   * @param {Thumbnails} thumbnails
   * @param {string} base
   */
  constructor(view, facts, thumbnails, base) {
    this.#view = view;
    this.#facts = facts;
    this.#thumbnails = thumbnails;
    this.#base = base;
    // Dots lie below the images, so that these can be seen.
    view.layers.unshift((context) => this.#draw(context, false));
    view.layers.push((context) => this.#draw(context, true));
  }

  /**
   * Asks for the hits of a query; an empty one shows everything again. Raises an error with what is wrong with it.
   * @param {string} query
   * @returns {Promise<MapHits | null>} null where another search was asked meanwhile
   */
  async search(query) {
    const asked = (this.#asked += 1);
    if (!query) {
      this.#show("", []);
      return NOTHING;
    }
    /** @type {MapHits} */
    let answer;
    try {
      const address = `${this.#base}hits.json?q=${encodeURIComponent(query)}`;
      answer = await getJSON(address, "The search got no answer: the server answered {status}.");
    } catch (error) {
      if (asked !== this.#asked) return null;
      throw error;
    }
    if (asked !== this.#asked) return null;
    this.#show(answer.query ?? query, answer.hits);
    return answer;
  }

  /**
   * @param {string} query
   * @param {MapHit[]} hits
   */
  #show(query, hits) {
    this.query = query;
    this.hits = hits;
    this.current = -1;
    this.#dim();
    this.#thumbnails.lit = query ? new Set(hits.map(({ index }) => index)) : null;
    this.#thumbnails.choose();
    for (const hit of hits) {
      const known = this.#facts.peek(hit.index);
      if (known) known.score = hit.score;
      else this.#facts.get(hit.index).then((facts) => { facts.score = hit.score; }, () => {});
    }
    this.recolour();
  }

  /**
   * Where the colours themselves say how similar all are, the others need not stand back as far.
   * @param {boolean} areColours
   */
  set areColours(areColours) {
    this.#areColours = areColours;
    this.#dim();
  }

  #dim() {
    this.#view.dim = this.query ? (this.#areColours ? SOFTENED : DIMMED) : 1;
    this.#view.request();
  }

  recolour() {
    const colours = ramp();
    this.#colours = { ramp: colours.map(written), page: written(token("--page")) };
    this.#view.request();
  }

  /**
   * Goes on to the next hit or back to the one before; after the last comes the first.
   * @param {number} way
   */
  async step(way) {
    if (!this.hits.length) return null;
    const start = this.current < 0 && way < 0 ? 0 : this.current;
    this.current = (start + way + this.hits.length) % this.hits.length;
    const hit = this.hits[this.current];
    await this.#view.flyTo(hit.index, AROUND);
    return hit;
  }

  /**
   * The part of the map that holds all hits.
   * @returns {Box}
   */
  get extent() {
    const places = this.hits.map(({ index }) => this.#view.placeOf(index));
    const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  /** @param {number} score */
  #share(score) {
    const scores = this.hits.map((hit) => hit.score);
    const [low, high] = [Math.min(...scores), Math.max(...scores)];
    return high > low ? (score - low) / (high - low) : 1;
  }

  /**
   * The best are drawn last, over the others.
   * @param {CanvasRenderingContext2D} context
   * @param {boolean} areImages
   */
  #draw(context, areImages) {
    const { width, height } = this.#view.camera;
    for (let rank = this.hits.length - 1; rank >= 0; rank--) {
      const { index, score } = this.hits[rank];
      const [x, y] = this.#view.pixelsOf(index);
      if (x < -MOST || y < -MOST || x > width + MOST || y > height + MOST) continue;
      const share = this.#share(score);
      const colour = this.#colours.ramp[Math.round(90 + 165 * share)];
      const box = this.#thumbnails.boxOf(index);
      if (Boolean(box) !== areImages) continue;
      if (box) {
        context.lineWidth = 3;
        context.strokeStyle = colour;
        context.strokeRect(x - box[0] / 2 - 1.5, y - box[1] / 2 - 1.5, box[0] + 3, box[1] + 3);
        continue;
      }
      context.beginPath();
      context.arc(x, y, LEAST + (MOST - LEAST) * share ** 2, 0, 7);
      context.fillStyle = colour;
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = this.#colours.page;
      context.stroke();
    }
  }
}
