// The colours of the map in the theme that is on: those of the style sheet, twenty for groups, and a ramp for numbers.
import { contextOf } from "../../dom.js";

// Lightness, colourfulness and hue: neighbours of the list differ in lightness as well, for people who see fewer hues.
const GROUPS = [
  [0.56, 0.13, 250], [0.74, 0.13, 62], [0.6, 0.1, 168], [0.55, 0.16, 28], [0.7, 0.1, 322], [0.52, 0.11, 140],
  [0.78, 0.12, 95], [0.44, 0.12, 285], [0.72, 0.08, 222], [0.66, 0.13, 0], [0.7, 0.1, 130], [0.42, 0.09, 225],
  [0.78, 0.08, 35], [0.48, 0.13, 330],
  [0.8, 0.07, 180], [0.5, 0.09, 60], [0.64, 0.14, 300], [0.4, 0.08, 160], [0.8, 0.08, 265], [0.5, 0.13, 10],
];

const dark = () => matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark().matches;
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null; // one pixel

/**
 * Red, green and blue of any colour that a style sheet can name.
 * @param {string} colour
 * @returns {RGB}
 */
function numbers(colour) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  probe ??= contextOf(canvas, { willReadFrequently: true });
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** @param {string} name */
export function token(name) {
  const element = document.createElement("span");
  element.style.color = `var(${name})`;
  document.body.append(element);
  const { color } = getComputedStyle(element);
  element.remove();
  return numbers(color);
}

/** @param {Iterable<number>} colour */
export const written = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

export function groupColours() {
  const lift = isDark() ? 0.06 : -0.04;
  return GROUPS.map(([lightness, chroma, hue]) => numbers(`oklch(${lightness + lift} ${chroma} ${hue})`));
}

/**
 * A step of the ramp, 0 to 1, as a style sheet writes it: much stands out from the page in either theme.
 * @param {number} share
 * @param {boolean} isNight
 */
export function rampColour(share, isNight) {
  const lightness = isNight ? 0.36 + 0.54 * share : 0.86 - 0.52 * share;
  const hue = isNight ? 285 - 185 * share : 100 + 185 * share;
  return `oklch(${lightness} ${0.07 + 0.07 * share} ${hue})`;
}

// 256 colours from little to much.
export function ramp() {
  const isNight = isDark();
  return Array.from({ length: 256 }, (_, step) => numbers(rampColour(step / 255, isNight)));
}

/** @param {() => void} listener */
export function onThemeChange(listener) {
  document.addEventListener("themechange", listener);
  dark().addEventListener("change", listener);
}
