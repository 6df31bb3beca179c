// Everything of the map page but its first picture: hover and clicks, colours and captions, search, selection, address.
import { Address, writtenCorners } from "./address.js";
import { Captions } from "./render/captions.js";
import { Card } from "./card.js";
import { Colouring } from "./colouring.js";
import { ColourChoice } from "./choice.js";
import { Drawing } from "./drawing.js";
import { PointFacts } from "./facts.js";
import { Gestures } from "./gestures.js";
import { Marker } from "./render/marker.js";
import { fetched } from "./render/points.js";
import { SearchOnMap } from "./search.js";
import { Selecting } from "./selecting.js";
import { Thumbnails } from "./render/thumbnails.js";
import { Tiles } from "./render/tiles.js";
import { startTools } from "./tools.js";

// What nothing needs before somebody chooses something.
const LATER = [() => import("./chosen.js"), () => import("../grid/selection.js"), () => import("../grid/lightbox.js"), () => import("../grid/collect.js")];

const REACH = 8;
const REACH_OF_A_FINGER = 24;
const AROUND_CHOSEN = 60;

class Page {
  constructor(given) {
    Object.assign(this, given); // stage, whole, asked, map, data, say, note, fail, corners
    const { stage, data } = this;
    this.surface = this.map.querySelector("[data-map-surface]");
    this.facts = new PointFacts(`${data.base}points.json`, () => this.lookWhetherGone());
    this.tiles = new Tiles(data.base, stage.camera, () => this.thumbnails.choose());
    this.thumbnails = new Thumbnails(stage, this.facts, this.tiles);
    this.marker = new Marker(stage, this.thumbnails);
    this.card = new Card(this.map.querySelector("[data-map-card]"), stage, this.facts);
    this.clusters = fetched(`${data.base}clusters.json`, "The clusters").then((answer) => answer.json()).then(({ levels }) => levels, () => []);
    this.captions = new Captions(this.map.querySelector("[data-map-captions]"), stage, (cluster) => this.flyToCluster(cluster));
    this.clusters.then((levels) => { this.captions.levels = levels; });
    this.colouring = new Colouring(stage, data.base, this.clusters);
    this.address = new Address(() => this.state());
    this.choice = new ColourChoice(this);
    this.search = new SearchOnMap(this);
    this.drawing = new Drawing(stage, (corners) => this.tools.drawn(corners));
    this.selecting = new Selecting(this);
    this.gestures = new Gestures(this.surface, stage.camera, {
      onHover: (x, y) => this.hover(this.under(x, y, REACH), x, y),
      onLeave: () => this.hover(null, 0, 0),
      onPick: (x, y, isTouch, event) => this.pick(x, y, isTouch, event),
      draws: (event) => this.drawing.begins(event),
    });
    this.tools = startTools(this);
    stage.addEventListener("rest", () => this.address.write());
    document.addEventListener("click", (event) => this.onMapLink(event));
    addEventListener("popstate", () => this.followAddress());
  }

  // An image lies over the dots, so it comes first, and a hit over what stands back.
  under(x, y, reach) {
    const { stage } = this;
    return this.thumbnails.at(x, y) ?? this.search.at(x, y, reach + 4) ?? stage.nearby.nearest(stage.camera, x, y, reach, (index) => stage.isShown(index));
  }

  hover(index, x, y) {
    if (this.card.isPinned || (this.drawing.tool && index !== null)) return;
    this.card.follow(index, x, y);
    if (index === this.marker.hovered) return;
    this.marker.show({ hovered: index });
    this.surface.classList.toggle("is-over", index !== null);
  }

  async pick(x, y, isTouch, event) {
    const index = this.under(x, y, isTouch ? REACH_OF_A_FINGER : REACH);
    this.letGo();
    if (index === null) return;
    if (isTouch) {
      this.marker.show({ chosen: index });
      await this.card.pin(index, true);
      return;
    }
    const found = await this.facts.get(index, true).catch(() => null);
    if (!found || found.gone) return;
    if (event.ctrlKey || event.metaKey) window.open(found.url, "_blank", "noopener");
    else this.openImage(found.image);
  }

  // The lightbox follows the address, so that Back closes it.
  openImage(image) {
    const next = new URL(location.href);
    next.searchParams.set("open", image);
    history.pushState({ lightbox: true }, "", next);
    dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
  }

  letGo() {
    this.card.hide();
    this.marker.show({ hovered: null, chosen: null });
    this.thumbnails.first = [];
  }

  // The image in the middle among those most like it, with its card, which stays beside it.
  async choose(index) {
    this.letGo();
    this.marker.show({ chosen: index });
    this.thumbnails.first = [index];
    await this.stage.flyTo(index, AROUND_CHOSEN);
    const found = await this.card.pin(index);
    this.thumbnails.choose();
    if (found) this.say(`${found.name} is in the middle of the map.`);
    return found;
  }

  async goToImage(image, name) {
    const response = await fetch(`${this.data.base}find.json?image=${image}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response?.ok) {
      if (!(await this.lookWhetherGone())) this.note(`${name || "This image"} is not on this map.`);
      return null;
    }
    return this.choose((await response.json()).index);
  }

  // Something of this map is not there: the map itself may have been deleted meanwhile, and then nothing works any more.
  async lookWhetherGone() {
    const response = await fetch(`${this.data.base}level/0.bin`, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (response?.status === 404) this.fail(new Error("gone"));
    return response?.status === 404;
  }

  flyToCluster(cluster) {
    const { stage } = this;
    const zoom = Math.max(stage.camera.zoom * 2.2, 3);
    this.say(`${cluster.label}, ${cluster.count.toLocaleString("en")} images`);
    stage.camera.flyTo(cluster.x, cluster.y, zoom);
  }

  // "On the map" of an image of this dataset stays on this page.
  onMapLink(event) {
    const link = event.target.closest?.("[data-on-map]");
    if (!link || event.ctrlKey || event.metaKey || new URL(link.href).pathname !== this.data.page) return;
    event.preventDefault();
    document.querySelector("[data-lightbox-do=close]").click();
    this.goToImage(new URL(link.href).searchParams.get("image"));
  }

  state() {
    const { camera } = this.stage;
    const digits = Math.max(2, 3 + Math.ceil(Math.log10(camera.scale)));
    const view = !camera.isHome ? { x: camera.x.toFixed(digits), y: camera.y.toFixed(digits), z: String(Number(camera.zoom.toPrecision(6))), near: this.near() } : {};
    const state = { q: this.search.query, ...view, ...this.choice.state(), ...this.selecting.state(writtenCorners) };
    return Object.values(state).some(Boolean) ? { map: String(this.data.projection), ...state } : {};
  }

  // The image in the middle: by it another map finds the nearest view.
  near() {
    const { stage } = this;
    const index = stage.nearby.nearest(stage.camera, stage.camera.width / 2, stage.camera.height / 2, 160);
    const known = index === null ? null : this.facts.peek(index);
    if (index !== null && !known) this.facts.get(index).then(() => this.address.write(), () => {});
    return known && !known.gone ? String(known.image) : "";
  }

  // What Back and Forward lead to.
  async followAddress() {
    const asked = Address.read();
    if ((asked.q ?? "") !== this.search.query) await this.search.ask(asked.q ?? "", false);
    await this.selecting.follow(asked);
  }

  async restore() {
    const { asked, data } = this;
    await this.whole;
    await this.choice.restore(asked);
    if (asked.q) await this.search.ask(asked.q, false);
    await this.choice.restoreSimilarity(asked);
    if (!data.isOther) await this.selecting.follow(asked).catch((error) => this.note(error.message));
    if (data.image) await this.goToImage(data.image, data.chosenName);
    else if (data.isOther && asked.near) await this.goToImage(asked.near, "The image in the middle of that view");
  }

  recolour() {
    this.colouring.paint();
    this.choice.show();
    this.marker.recolour();
    this.search.recolour();
  }
}

export async function start(given) {
  const page = new Page(given);
  page.restored = page.restore().catch((error) => page.note(error.message));
  page.restored.then(() => Promise.all(LATER.map((load) => load())));
  return page;
}
