// The search field: chips whose sign and weight can be changed, and pictures that are pasted, dropped, chosen or named.
// Every change asks anew; the server writes the chips, so that one place alone reads and writes the syntax.

const MOST_BYTES = 20 * 2 ** 20;
const MOST_FILES = 4;
const LEAST = 0.01;
const LARGEST = 100;

const composer = document.querySelector("[data-composer]");
const form = composer?.querySelector("[data-search]");
const field = form?.querySelector("input[type=search]");
const said = composer?.querySelector("[data-said]");
const pictureForm = composer?.querySelector("[data-picture-form]");
const panel = composer?.querySelector("[data-picture]");

const chips = () => [...form.querySelectorAll("[data-term]")];

function writtenChip(chip, isFirst) {
  const weight = Number(chip.dataset.weight);
  const size = Math.abs(weight) === 1 ? "" : `${Math.abs(weight)}:`;
  const sign = weight < 0 ? "-" : "+";
  return isFirst ? `${weight < 0 ? "-" : ""}${size}${chip.dataset.term}` : `${sign} ${size}${chip.dataset.term}`;
}

// The whole query: the words of the field, then the chips. Sums that take away come last, as no query begins with one.
function query() {
  const words = field.value.trim();
  const sorted = chips().sort((a, b) => Number(b.dataset.weight > 0) - Number(a.dataset.weight > 0));
  return [words, ...sorted.map((chip, i) => writtenChip(chip, !words && i === 0))].filter(Boolean).join(" ");
}

function say(sentence, isWarning) {
  said.textContent = sentence;
  said.hidden = !sentence;
  said.setAttribute("role", isWarning ? "alert" : "status");
  said.classList.toggle("is-warning", isWarning);
}

// Asks for what the field and the chips now say. Where nothing is left, there is nothing to ask.
function search() {
  field.required = !chips().length;
  if (query()) form.requestSubmit();
  else field.focus();
}

// Adds a term in the written syntax, such as `image:12` or `- image:12`, and asks.
export function addTerm(term) {
  const before = query();
  const sign = /^[+-]/.test(term) ? "" : "+ ";
  chips().forEach((chip) => chip.remove());
  field.value = before ? `${before} ${sign}${term}` : term;
  search();
}

function changeableSign(chip) {
  const button = document.createElement("button");
  const isNegative = Number(chip.dataset.weight) < 0;
  button.type = "button";
  button.className = "term-sign";
  button.textContent = isNegative ? "\u2212" : "+";
  button.title = isNegative ? "Takes away; change to add" : "Adds; change to take away";
  button.setAttribute("aria-label", `${chip.dataset.label}: ${button.title}`);
  button.addEventListener("click", () => {
    chip.dataset.weight = String(-Number(chip.dataset.weight));
    search();
  });
  chip.querySelector("[data-sign]").replaceWith(button);
}

function changeableWeight(chip) {
  const input = document.createElement("input");
  Object.assign(input, { type: "number", className: "term-size", min: LEAST, max: LARGEST, step: "any", inputMode: "decimal" });
  input.value = String(Math.abs(Number(chip.dataset.weight)));
  input.title = "Weight";
  input.setAttribute("aria-label", `Weight of ${chip.dataset.label}`);
  const keep = () => {
    if (!input.value || !input.checkValidity()) return;
    chip.dataset.weight = String(Math.sign(Number(chip.dataset.weight)) * Number(input.value));
  };
  input.addEventListener("input", keep);
  input.addEventListener("keydown", (event) => {
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
      chip.remove();
      search();
    });
  }
  form.addEventListener("formdata", ({ formData }) => formData.set("q", query()));
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

// What was dropped without a file: an image of this site by its page or thumbnail, else an address.
function termOf(address) {
  const url = new URL(address, location.href);
  const own = url.origin === location.origin && url.pathname.match(/\/image\/(\d+)\//);
  return own ? `image:${own[1]}` : `url:"${url.href}"`;
}

function take(data) {
  const address = data.getData("text/uri-list").split(/\r?\n/).find((line) => /^https?:/i.test(line));
  const files = [...data.files].slice(0, MOST_FILES);
  if (address) addTerm(termOf(address));
  else if (files.length) searchWith(files);
}

function startDropping() {
  const place = document.createElement("div");
  place.className = "drop";
  place.textContent = "Drop the picture to search with it";
  place.hidden = true;
  document.body.append(place);
  let depth = 0;
  let isOwn = false; // something of this page, other than an image, is dragged
  const isTaken = (event) => !isOwn && [...event.dataTransfer.types].some((type) => type === "Files" || type === "text/uri-list");
  const show = (isShown) => {
    place.hidden = !isShown;
    if (!isShown) depth = 0;
  };
  document.addEventListener("dragstart", (event) => { isOwn = !event.target.closest?.("a[href*='/image/']"); });
  document.addEventListener("dragend", () => { isOwn = false; show(false); });
  document.addEventListener("dragenter", (event) => { if (isTaken(event)) { depth += 1; show(true); } });
  document.addEventListener("dragleave", (event) => { if (isTaken(event)) { depth -= 1; if (depth <= 0) show(false); } });
  document.addEventListener("dragover", (event) => { if (isTaken(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!isTaken(event)) return;
    event.preventDefault();
    show(false);
    take(event.dataTransfer);
  });
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
  document.addEventListener("click", (event) => { if (!panel.contains(event.target)) panel.open = false; });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.open) return;
    panel.open = false;
    panel.querySelector("summary").focus();
  });
}

function startPasting() {
  document.addEventListener("paste", (event) => {
    const pictures = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    // Office programs put a picture beside the text that they copy; the text is meant.
    if (!pictures.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    searchWith(pictures.slice(0, MOST_FILES));
  });
}

if (composer) {
  start();
  startPanel();
  startDropping();
  startPasting();
}
