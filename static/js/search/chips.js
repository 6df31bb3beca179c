// The controls of a chip: a button for its sign, a field for its weight.
import { one } from "../dom.js";

const LEAST = 0.01;
const LARGEST = 100;

/**
 * How much a chip counts, less than nothing where it is taken away.
 * @param {HTMLElement} chip
 */
export function weightOf(chip) {
  return Number(chip.dataset.weight);
}

/**
 * @param {HTMLElement} chip
 * @param {() => void} onChange
 */
export function makeSignChangeable(chip, onChange) {
  const button = document.createElement("button");
  const isNegative = weightOf(chip) < 0;
  button.type = "button";
  button.className = "term-sign";
  button.textContent = isNegative ? "\u2212" : "+";
  button.title = isNegative ? "Takes away; change to add" : "Adds; change to take away";
  button.setAttribute("aria-label", `${chip.dataset.label}: ${button.title}`);
  button.addEventListener("click", onChange);
  one(chip, "[data-sign]", HTMLElement).replaceWith(button);
}

/**
 * The field keeps the weight in the chip; `onEnter` comes before the form is sent.
 * @param {HTMLElement} chip
 * @param {() => void} onEnter
 */
export function makeWeightChangeable(chip, onEnter) {
  const input = document.createElement("input");
  const range = { type: "number", min: String(LEAST), max: String(LARGEST), step: "any", inputMode: "decimal" };
  Object.assign(input, range, { className: "term-size", title: "Weight" });
  input.value = String(Math.abs(weightOf(chip)));
  input.setAttribute("aria-label", `Weight of ${chip.dataset.label}`);
  const keep = () => {
    if (!input.value || !input.checkValidity()) return;
    chip.dataset.weight = String(Math.sign(weightOf(chip)) * Number(input.value));
  };
  input.addEventListener("input", keep);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") onEnter();
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? 0.5 : -0.5;
    input.value = String(Math.min(LARGEST, Math.max(0.5, Number(input.value) + step)));
    keep();
  });
  const size = one(chip, "[data-size]", HTMLElement);
  size.hidden = false;
  size.replaceChildren("\u00d7", input);
}
