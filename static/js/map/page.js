// Everything of the map page but its first picture: hover and clicks, colours and captions, search, selection, address.
import { around, one } from "../dom.js";
import { getJSON, request, RequestFailed, sentenceOf } from "../http.js";
import { counted } from "../words.js";
import { Address, writtenCorners } from "./address.js";
import { Card } from "./card.js";
import { ColourChoice } from "./choice.js";
import { Colouring } from "./colouring.js";
import { fetchJSON, Gone } from "./data.js";
import { Drawing } from "./drawing.js";
import { PointLookup } from "./facts.js";
import { Gestures } from "./gestures.js";
import { Captions } from "./render/captions.js";
import { Marker } from "./render/marker.js";
import { Thumbnails } from "./render/thumbnails.js";
import { Tiles } from "./render/tiles.js";
import { openImage, Pointing } from "./pointing.js";
import { SearchOnMap } from "./search.js";
import { Selecting } from "./selecting.js";
import { Tools } from "./tools.js";

// What nothing needs before somebody chooses something.
const LATER = [
  () => import("./chosen.js"),
  () => import("../grid/selection.js"),
  () => import("../grid/lightbox.js"),
  () => import("../grid/collect.js"),
];

/**
 * What the first picture leaves to this: `asked` are the parameters of the address, `whole` ends when all points are
 * there, and the last three say something: to who cannot see, to all, and that the map cannot be shown.
 * @typedef {{
 *   view: MapView, map: HTMLElement, data: MapData, asked: AddressParameters, whole: Promise<void>,
 *   say: (sentence: string) => void, note: (sentence: string) => void, fail: (error: unknown) => void,
 * }} Given
 */

export class MapPage {
  #view;
  #data;
  #say;
  #note;
  #fail;
  #surface;
  #facts;
  #thumbnails;
  #marker;
  #pointing;
  #colouring;
  #address;
  #choice;
  #search;
  #drawing;
  #selecting;

  /** @param {Given} given */
  constructor({ view, map, data, say, note, fail }) {
    this.#view = view;
    this.#data = data;
    this.#say = say;
    this.#note = note;
    this.#fail = fail;
    this.#surface = one(map, "[data-map-surface]", HTMLElement);
    this.#facts = new PointLookup(`${data.base}points.json`, () => this.lookWhetherGone());
    const tiles = new Tiles(data.base, view.camera, () => this.#thumbnails.choose());
    this.#thumbnails = new Thumbnails(view, this.#facts, tiles);
    this.#marker = new Marker(view, this.#thumbnails);
    const card = new Card(one(map, "[data-map-card]", HTMLAnchorElement), view, this.#facts);
    const clusters = clustersOf(data);
    const captions = this.#captions(one(map, "[data-map-captions]", HTMLElement), clusters);
    this.#colouring = new Colouring(view, data.base, clusters);
    this.#address = new Address(() => this.#state());
    const lookWhetherGone = () => this.lookWhetherGone();
    const letGo = () => this.#pointing.letGo();
    const [facts, thumbnails, marker] = [this.#facts, this.#thumbnails, this.#marker];
    const [colouring, address, surface] = [this.#colouring, this.#address, this.#surface];
    const queryChanged = () => this.#choice.queryChanged();
    this.#search = new SearchOnMap(map, {
      view, data, facts, thumbnails, marker, card, address, say, note, letGo, lookWhetherGone, queryChanged,
    });
    const search = this.#search;
    this.#choice = new ColourChoice(map, { view, data, clusters, captions, colouring, search, thumbnails, address });
    this.#selecting = new Selecting({ view, data, surface, address, say, note, lookWhetherGone });
    this.#drawing = new Drawing(view, (corners) => tools.drawn(corners));
    const tools = new Tools({
      view, data, surface, facts, card, thumbnails, captions, search, say, note, letGo, choice: this.#choice,
      drawing: this.#drawing, selecting: this.#selecting, openImage,
    });
    this.#pointing = new Pointing({
      view, surface, facts, thumbnails, marker, card, search, say, drawing: this.#drawing,
    });
    this.#listen();
  }

  #listen() {
    new Gestures(this.#surface, this.#view.camera, {
      onHover: (x, y) => this.#pointing.hover(x, y),
      onLeave: () => this.#pointing.leave(),
      onPick: (x, y, isTouch, event) => this.#pointing.pick(x, y, isTouch, event),
      draws: (event) => this.#drawing.begins(event),
    });
    this.#view.addEventListener("rest", () => this.#address.write());
    document.addEventListener("click", (event) => this.#onMapLink(event));
    addEventListener("popstate", () => this.#followAddress());
  }

  /**
   * @param {HTMLElement} place
   * @param {Promise<ClusterLevel[]>} clusters
   */
  #captions(place, clusters) {
    const captions = new Captions(place, this.#view, (cluster) => this.#flyToCluster(cluster));
    clusters.then((levels) => { captions.levels = levels; });
    return captions;
  }

  /**
   * @param {string | number} image
   * @param {string} name
   */
  async #goToImage(image, name) {
    const sentence = `${name || "This image"} is not on this map.`;
    /** @type {{ index: number } | null} */
    const found = await getJSON(`${this.#data.base}find.json?image=${image}`, sentence).catch(() => null);
    if (found) await this.#pointing.choose(found.index);
    else if (!(await this.lookWhetherGone())) this.#note(sentence);
  }

  // Something of this map is not there: the map itself may have been deleted meanwhile, and then nothing works any
  // more.
  async lookWhetherGone() {
    try {
      await request(`${this.#data.base}level/0.bin`, "The map did not answer.", { method: "HEAD", cache: "no-store" });
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.status !== 404) return false;
      this.#fail(new Gone());
      return true;
    }
    return false;
  }

  /** @param {MapCluster} cluster */
  #flyToCluster(cluster) {
    const { camera } = this.#view;
    this.#say(`${cluster.label}, ${counted(cluster.count, "image")}`);
    camera.flyTo(cluster.x, cluster.y, Math.max(camera.zoom * 2.2, 3));
  }

  /**
   * "On the map" of an image of this dataset stays on this page.
   * @param {MouseEvent} event
   */
  #onMapLink(event) {
    const link = around(event, "[data-on-map]", HTMLAnchorElement);
    if (!link || event.ctrlKey || event.metaKey) return;
    const address = new URL(link.href);
    const image = address.searchParams.get("image");
    if (address.pathname !== this.#data.page || !image) return;
    event.preventDefault();
    one(document, "[data-lightbox-do=close]", HTMLButtonElement).click();
    this.#goToImage(image, "");
  }

  /** @returns {AddressParameters} */
  #state() {
    const state = {
      q: this.#search.query,
      ...this.#place(),
      ...this.#choice.state(),
      ...this.#selecting.state(writtenCorners),
    };
    return Object.values(state).some(Boolean) ? { map: String(this.#data.projection), ...state } : {};
  }

  /** @returns {AddressParameters} */
  #place() {
    const { camera } = this.#view;
    if (camera.isHome) return {};
    const digits = Math.max(2, 3 + Math.ceil(Math.log10(camera.scale)));
    const zoom = String(Number(camera.zoom.toPrecision(6)));
    return { x: camera.x.toFixed(digits), y: camera.y.toFixed(digits), z: zoom, near: this.#near() };
  }

  // The image in the middle: by it another map finds the nearest view.
  #near() {
    const { nearby, camera } = this.#view;
    const index = nearby.nearest(camera, camera.width / 2, camera.height / 2, 160);
    const known = index === null ? null : this.#facts.peek(index);
    if (index !== null && !known) this.#facts.get(index).then(() => this.#address.write(), () => {});
    return known && !known.gone ? String(known.image) : "";
  }

  // What Back and Forward lead to.
  async #followAddress() {
    const asked = Address.read();
    if ((asked.q ?? "") !== this.#search.query) await this.#search.ask(asked.q ?? "", false);
    await this.#selecting.follow(asked);
  }

  /**
   * What the address asks for, once all points are there. Says itself what could not be found.
   * @param {AddressParameters} asked
   * @param {Promise<void>} whole
   */
  async restore(asked, whole) {
    const data = this.#data;
    try {
      await whole;
      await this.#choice.restore(asked);
      if (asked.q) await this.#search.ask(asked.q, false);
      await this.#choice.restoreSimilarity(asked);
      if (!data.isOther) await this.#selecting.follow(asked).catch((error) => this.#note(sentenceOf(error)));
      if (data.image) await this.#goToImage(data.image, data.chosenName);
      else if (data.isOther && asked.near) await this.#goToImage(asked.near, "The image in the middle of that view");
    } catch (error) {
      this.#note(sentenceOf(error));
    }
  }

  recolour() {
    this.#colouring.paint();
    this.#choice.show();
    this.#marker.recolour();
    this.#search.recolour();
  }
}

/**
 * A map without clusters, or whose clusters did not arrive, has none to show.
 * @param {MapData} data
 * @returns {Promise<ClusterLevel[]>}
 */
async function clustersOf(data) {
  try {
    /** @type {{ levels: ClusterLevel[] }} */
    const { levels } = await fetchJSON(`${data.base}clusters.json`, "The clusters");
    return levels;
  } catch {
    return [];
  }
}

/**
 * Starts the page; `restored` ends when it shows what its address asks for.
 * @param {Given} given
 */
export function start(given) {
  const page = new MapPage(given);
  const restored = page.restore(given.asked, given.whole);
  restored.then(() => Promise.all(LATER.map((load) => load())));
  return { page, restored };
}
