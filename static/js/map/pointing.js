// What a hand points at on the map: the point under it, its card, the image that it opens, the one in the middle.

const REACH = 8;
const REACH_OF_A_FINGER = 24;
const AROUND_CHOSEN = 60;

/**
 * @typedef {{
 *   view: MapView, surface: HTMLElement, facts: PointLookup, thumbnails: Thumbnails, marker: Marker, card: Card,
 *   search: SearchOnMap, drawing: Drawing, say: (sentence: string) => void,
 * }} Parts
 */

/**
 * The lightbox follows the address, so that Back closes it.
 * @param {number} image
 */
export function openImage(image) {
  const next = new URL(location.href);
  next.searchParams.set("open", String(image));
  history.pushState({ lightbox: true }, "", next);
  dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
}

export class Pointing {
  #parts;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * An image lies over the dots, so it comes first, and a hit over what stands back.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  #under(x, y, reach) {
    const { view, thumbnails, search } = this.#parts;
    const dot = () => view.nearby.nearest(view.camera, x, y, reach, (index) => view.isShown(index));
    return thumbnails.at(x, y) ?? search.at(x, y, reach + 4) ?? dot();
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  hover(x, y) {
    this.#pointAt(this.#under(x, y, REACH), x, y);
  }

  leave() {
    this.#pointAt(null, 0, 0);
  }

  /**
   * @param {number | null} index
   * @param {number} x
   * @param {number} y
   */
  #pointAt(index, x, y) {
    const { card, drawing, marker, surface } = this.#parts;
    if (card.isPinned || (drawing.tool && index !== null)) return;
    card.follow(index, x, y);
    if (index === marker.hovered) return;
    marker.show({ hovered: index });
    surface.classList.toggle("is-over", index !== null);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {boolean} isTouch
   * @param {MouseEvent} event
   */
  async pick(x, y, isTouch, event) {
    const { marker, card, facts } = this.#parts;
    const index = this.#under(x, y, isTouch ? REACH_OF_A_FINGER : REACH);
    this.letGo();
    if (index === null) return;
    if (isTouch) {
      marker.show({ chosen: index });
      await card.pin(index, true);
      return;
    }
    const found = await facts.get(index, true).catch(() => null);
    if (!found || found.gone) return;
    if (event.ctrlKey || event.metaKey) window.open(found.url, "_blank", "noopener");
    else openImage(found.image);
  }

  letGo() {
    this.#parts.card.hide();
    this.#parts.marker.show({ hovered: null, chosen: null });
    this.#parts.thumbnails.first = [];
  }

  /**
   * The image in the middle among those most like it, with its card, which stays beside it.
   * @param {number} index
   */
  async choose(index) {
    const { view, thumbnails, marker, card, say } = this.#parts;
    this.letGo();
    marker.show({ chosen: index });
    thumbnails.first = [index];
    await view.flyTo(index, AROUND_CHOSEN);
    const found = await card.pin(index);
    thumbnails.choose();
    if (found && !found.gone) say(`${found.name} is in the middle of the map.`);
  }
}
