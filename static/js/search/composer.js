// The search field: chips whose sign and weight can be changed, and pictures that are pasted, dropped, chosen or named.
// Every change asks anew; the server writes the chips, so that one place alone reads and writes the syntax.
import { focusKept, keepFocus } from "./chip-focus.js";
import { takeDropped, takePasted, termOf } from "./picture-input.js";

const MOST_BYTES = 20 * 2 ** 20;
const LEAST = 0.01;
const LARGEST = 100;

let composer = null;
let form = null;
let field = null;
let said = null;
let pictureForm = null;
let panel = null;

let asked = null; // what is asked instead of what the field and the chips say

const chips = () => [...form.querySelectorAll("[data-term]")];
const weightOf = (chip) => Number(chip.dataset.weight);

function writtenPart({ term, weight }, isFirst) {
  const size = Math.abs(weight) === 1 ? "" : `${Math.abs(weight)}:`;
  if (isFirst) return `${weight < 0 ? "-" : ""}${size}${term}`;
  return `${weight < 0 ? "-" : "+"} ${size}${term}`;
}

// The whole query: the words of the field, then the chips. What is taken away comes last: no query begins with it.
function query(weigh = weightOf) {
  const words = field.value.trim();
  const parts = chips().map((chip) => ({ term: chip.dataset.term, weight: weigh(chip) })).filter((part) => part.weight);
  parts.sort((a, b) => Number(b.weight > 0) - Number(a.weight > 0));
  return [words, ...parts.map((part, i) => writtenPart(part, !words && i === 0))].filter(Boolean).join(" ");
}

function say(sentence, isWarning) {
  said.textContent = sentence;
  said.hidden = !sentence;
  said.setAttribute("role", isWarning ? "alert" : "status");
  said.classList.toggle("is-warning", isWarning);
}

// Asks, and leaves the page as it is: the browser may come back to it as it was left.
function ask(text) {
  const wasRequired = field.required;
  field.required = false;
  asked = text;
  form.requestSubmit();
  asked = null;
  field.required = wasRequired;
}

// Adds a term in the written syntax, such as `image:12` or `- image:12`, and asks.
export function addTerm(term) {
  const before = query();
  const sign = /^[+-]/.test(term) ? "" : "+ ";
  ask(before ? `${before} ${sign}${term}` : term);
}

function changeableSign(chip) {
  const button = document.createElement("button");
  const isNegative = weightOf(chip) < 0;
  button.type = "button";
  button.className = "term-sign";
  button.textContent = isNegative ? "\u2212" : "+";
  button.title = isNegative ? "Takes away; change to add" : "Adds; change to take away";
  button.setAttribute("aria-label", `${chip.dataset.label}: ${button.title}`);
  button.addEventListener("click", () => {
    const text = query((one) => (one === chip ? -weightOf(one) : weightOf(one)));
    keepFocus(text, chip.dataset.term, ".term-sign");
    ask(text);
  });
  chip.querySelector("[data-sign]").replaceWith(button);
}

function changeableWeight(chip) {
  const input = document.createElement("input");
  Object.assign(input, { type: "number", className: "term-size", min: LEAST, max: LARGEST, step: "any", inputMode: "decimal" });
  input.value = String(Math.abs(weightOf(chip)));
  input.title = "Weight";
  input.setAttribute("aria-label", `Weight of ${chip.dataset.label}`);
  const keep = () => {
    if (!input.value || !input.checkValidity()) return;
    chip.dataset.weight = String(Math.sign(weightOf(chip)) * Number(input.value));
  };
  input.addEventListener("input", keep);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") keepFocus(query(), chip.dataset.term, ".term-size");
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? 0.5 : -0.5;
    input.value = String(Math.min(LARGEST, Math.max(0.5, Number(input.value) + step)));
    keep();
  });
  const size = chip.querySelector("[data-size]");
  size.hidden = false;
  size.replaceChildren("\u00d7", input);
}

// Where nothing is left, there is nothing to ask.
function remove(chip) {
  const rest = query((one) => (one === chip ? 0 : weightOf(one)));
  if (rest) {
    keepFocus(rest, chip.nextElementSibling?.dataset.term, "[data-remove]");
    return ask(rest);
  }
  chip.remove();
  form.removeAttribute("data-composed");
  field.required = true;
  form.dispatchEvent(new Event("emptied", { bubbles: true }));
  return field.focus();
}

function start() {
  if (form.hasAttribute("data-composed")) field.value = field.dataset.words;
  form.classList.add("is-ready");
  field.required = !chips().length;
  for (const chip of chips()) {
    changeableSign(chip);
    changeableWeight(chip);
    chip.querySelector("[data-remove]").addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      remove(chip);
    });
  }
  focusKept(chips(), field);
  form.addEventListener("formdata", ({ formData }) => formData.set("q", asked ?? query()));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Backspace" || field.value || !chips().length) return;
    event.preventDefault();
    chips().at(-1).querySelector("[data-remove]").click();
  });
}

// --- Pictures -------------------------------------------------------------------------------------------------------
async function uploaded(file) {
  if (file.size > MOST_BYTES) throw new Error("The picture is larger than 20 MB. Search with a smaller copy of it.");
  const body = new FormData();
  body.append("picture", file);
  const token = pictureForm.querySelector("[name=csrfmiddlewaretoken]").value;
  const response = await fetch(pictureForm.action, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The picture was not taken: the server answered ${response.status}.`);
  return answer.term;
}

async function searchWith(files) {
  if (composer.hasAttribute("aria-busy")) return;
  composer.setAttribute("aria-busy", "true");
  say(files.length > 1 ? `Uploading ${files.length} pictures` : "Uploading the picture", false);
  try {
    const terms = [];
    for (const file of files) terms.push(await uploaded(file));
    addTerm(terms.join(" + "));
  } catch (error) {
    say(error instanceof TypeError ? "The server cannot be reached; the picture was not taken." : error.message, true);
  } finally {
    composer.removeAttribute("aria-busy");
  }
}

function startPanel() {
  const file = panel.querySelector("[type=file]");
  const address = panel.querySelector("[name=address]");
  file.addEventListener("change", () => {
    panel.open = false;
    if (file.files.length) searchWith([...file.files]);
    file.value = "";
  });
  pictureForm.addEventListener("submit", (event) => {
    event.preventDefault();
    if (address.value.trim()) addTerm(termOf(address.value.trim()));
    else file.click();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.open) return;
    panel.open = false;
    panel.querySelector("summary").focus();
  });
}

function adopt(found) {
  composer = found;
  form = composer.querySelector("[data-search]");
  field = form.querySelector("input[type=search]");
  said = composer.querySelector("[data-said]");
  pictureForm = composer.querySelector("[data-picture-form]");
  panel = composer.querySelector("[data-picture]");
  start();
  startPanel();
}

// A page that answers without loading anew shows the field as the server then writes it.
export function replaceComposer(next) {
  const hadFocus = composer.contains(document.activeElement);
  composer.replaceWith(next);
  adopt(next);
  if (hadFocus && !composer.contains(document.activeElement)) field.focus();
}

const found = document.querySelector("[data-composer]");
if (found) {
  adopt(found);
  takeDropped(addTerm, searchWith);
  takePasted(searchWith);
  document.addEventListener("click", (event) => { if (!panel.contains(event.target)) panel.open = false; });
}
