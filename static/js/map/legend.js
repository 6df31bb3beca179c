// What the colours mean: a row for each, which shows and hides its points; a ramp for numbers.
import { all } from "../dom.js";
import { count } from "../words.js";
import { written } from "./render/colours.js";

const pencil = '<path d="M4 20l1-4L16.5 4.5l3 3L8 19z"/>';

export class Legend {
  #place;
  #colouring;
  #onToggle;
  #rename;

  /**
   * rename: a function of a cluster and its new name, or null for who may not
   * @param {HTMLElement} place
   * @param {Colouring} colouring
   * @param {() => void} onToggle
   * @param {((cluster: MapCluster, name: string) => Promise<string>) | null} rename
   */
  constructor(place, colouring, onToggle, rename) {
    this.#place = place;
    this.#colouring = colouring;
    this.#onToggle = onToggle;
    this.#rename = rename;
  }

  show() {
    const { items, ramp } = this.#colouring.legend;
    const rows = items.map((item) => this.#row(item));
    this.#place.replaceChildren(...(ramp ? [this.#ramp(ramp)] : []), ...rows);
    this.#place.hidden = !this.#place.children.length;
  }

  /** @param {LegendItem} item */
  #row(item) {
    const row = document.createElement("li");
    const button = document.createElement("button");
    const swatch = document.createElement("i");
    const label = document.createElement("span");
    const number = document.createElement("b");
    const isShown = !this.#colouring.hidden.has(item.place);
    swatch.style.background = this.#colouring.colourOf(item.place);
    label.textContent = item.label;
    number.textContent = count(item.count);
    number.className = "number";
    button.type = "button";
    button.title = isShown ? "Hide; with Shift show nothing else" : "Show; with Shift show nothing else";
    button.setAttribute("aria-pressed", String(isShown));
    button.append(swatch, label, number);
    button.addEventListener("click", (event) => this.#toggle(item.place, event.shiftKey));
    row.append(button);
    const { cluster } = item;
    const rename = this.#rename;
    if (cluster && rename) {
      row.append(this.#renaming(item, row, async (name) => { item.label = await rename(cluster, name); }));
    }
    return row;
  }

  /**
   * @param {number} place
   * @param {boolean} isOnly
   */
  #toggle(place, isOnly) {
    const { hidden, legend } = this.#colouring;
    if (isOnly) {
      const others = legend.items.map((item) => item.place).filter((one) => one !== place);
      const isAlone = !hidden.has(place) && others.every((one) => hidden.has(one));
      hidden.clear();
      if (!isAlone) others.forEach((one) => hidden.add(one));
    } else if (!hidden.delete(place)) hidden.add(place);
    const buttons = () => all(this.#place, "button[aria-pressed]", HTMLButtonElement);
    const at = buttons().findIndex((button) => button === document.activeElement);
    this.show();
    buttons()[at]?.focus();
    this.#onToggle();
  }

  /** @param {LegendRamp} ramp */
  #ramp({ low, high, last }) {
    const row = document.createElement("li");
    const bar = document.createElement("i");
    const words = document.createElement("p");
    const colours = this.#colouring.rampColours;
    const stops = Array.from({ length: 9 }, (_, stop) => written(colours[Math.round((stop * last) / 8)]));
    row.className = "legend-ramp";
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    words.className = "number";
    for (const end of [low, high]) words.append(Object.assign(document.createElement("span"), { textContent: end }));
    row.append(bar, words);
    return row;
  }

  /**
   * @param {LegendItem} item
   * @param {HTMLElement} row
   * @param {(name: string) => Promise<void>} rename
   */
  #renaming(item, row, rename) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "legend-rename";
    button.title = "Rename this cluster";
    button.setAttribute("aria-label", `Rename the cluster ${item.label}`);
    button.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${pencil}</svg>`;
    button.addEventListener("click", () => {
      const field = document.createElement("input");
      Object.assign(field, { value: item.label, maxLength: 120 });
      field.setAttribute("aria-label", `A name for the cluster ${item.label}`);
      /** @param {boolean} isKept */
      const close = async (isKept) => {
        if (!field.isConnected || field.disabled) return;
        field.disabled = true;
        const name = field.value.trim();
        if (isKept && name !== item.label) await rename(name).catch(() => {}); // what was wrong has been said
        this.show();
      };
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === "Escape") close(event.key === "Enter");
        event.stopPropagation();
      });
      field.addEventListener("blur", () => close(true));
      row.replaceChildren(field);
      field.focus();
      field.select();
    });
    return button;
  }
}
