// Writes a RunState into the card (or page) that shows it; markup and words come from the server.
import { all, maybe, one } from "../dom.js";
import { addressControls } from "./run-controls.js";

/**
 * The element that a template of the page holds, ready to be filled.
 * @param {string} id
 */
function copyOf(id) {
  const { content } = one(document, `#${id}`, HTMLTemplateElement);
  return one(document.importNode(content, true), "*", HTMLElement);
}

/**
 * @param {ParentNode} root
 * @param {string} field
 * @param {string} text
 */
function write(root, field, text) {
  const element = maybe(root, `[data-field="${field}"]`, HTMLElement);
  // Text that stays the same is not touched, so that a selection in it survives.
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * @param {ParentNode} root
 * @param {RunWords | StageWords} words
 */
function writeAll(root, words) {
  for (const [field, text] of Object.entries(words)) write(root, field, text);
}

/**
 * @param {HTMLElement} row
 * @param {StageState} stage
 */
function writeStage(row, stage) {
  row.dataset.stage = stage.stage;
  row.dataset.state = stage.state;
  write(row, "label", stage.label);
  writeAll(row, stage.words);
  const bar = one(row, "progress", HTMLProgressElement);
  bar.setAttribute("aria-label", stage.label);
  bar.max = stage.total || 1;
  // An image that failed is dealt with, too.
  bar.value = stage.state === "done" ? bar.max : stage.done + stage.failed;
}

/**
 * @param {HTMLElement} list
 * @param {RunState} run
 */
function writeStages(list, run) {
  for (const stage of run.stages) {
    const row = maybe(list, `[data-stage="${stage.stage}"]`, HTMLElement) ?? copyOf("stage-template");
    if (row.parentElement !== list) list.append(row);
    writeStage(row, stage);
  }
}

/**
 * @param {HTMLElement} card
 * @param {RunWords} words
 */
function writeSpeeds(card, words) {
  const line = maybe(card, "[data-sparkline]", SVGElement);
  if (!line) return;
  line.toggleAttribute("hidden", !words.speed_line);
  line.setAttribute("aria-label", words.speeds);
  one(line, "title", SVGTitleElement).textContent = words.speeds;
  one(line, "polyline", SVGPolylineElement).setAttribute("points", words.speed_line);
}

/**
 * @param {HTMLElement} card
 * @param {RunState} run
 */
function writePriority(card, run) {
  for (const button of all(card, '[name="priority"]', HTMLButtonElement)) {
    button.setAttribute("aria-pressed", String(button.value === run.priority));
  }
}

/**
 * @param {HTMLElement} card
 * @param {RunState} run
 */
export function writeRun(card, run) {
  card.dataset.run = String(run.id);
  card.dataset.state = run.state;
  const link = maybe(card, 'a[data-field="url"]', HTMLAnchorElement);
  if (link) link.href = run.url;
  const started = new Date(run.created_at);
  write(card, "dataset", run.dataset.name);
  write(card, "kind", run.kind_label);
  write(card, "state", run.state_label);
  card.dataset.paused = String(run.is_paused);
  card.dataset.kind = run.kind;
  card.dataset.dataset = run.dataset.slug;
  card.dataset.failed = String(run.failures > 0);
  write(card, "started", started.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }));
  one(card, '[data-field="failed"]', HTMLAnchorElement).href = run.failures_url;
  write(card, "encoder", run.encoder);
  write(card, "message", run.message);
  writeAll(card, run.words);
  writeSpeeds(card, run.words);
  writePriority(card, run);
  writeStages(one(card, ".stages", HTMLElement), run);
}

/**
 * @param {RunState} run
 * @param {boolean} isManaged
 */
export function newCard(run, isManaged) {
  const card = copyOf("run-template");
  if (isManaged) addressControls(card, run);
  else card.querySelector(".run-doing")?.remove();
  writeRun(card, run);
  return card;
}
