// Writes a RunState into the card (or page) that shows it; markup and words come from the server.

import { addressControls } from "./run-controls.js";

export function sayDuration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function write(root, field, text) {
  const element = root.querySelector(`[data-field="${field}"]`);
  // Text that stays the same is not touched, so that a selection in it survives.
  if (element && element.textContent !== text) element.textContent = text;
}

function writeAll(root, words) {
  for (const [field, text] of Object.entries(words)) write(root, field, text);
}

function writeStage(row, stage) {
  row.dataset.stage = stage.stage;
  row.dataset.state = stage.state;
  write(row, "label", stage.label);
  writeAll(row, stage.words);
  const bar = row.querySelector("progress");
  bar.setAttribute("aria-label", stage.label);
  bar.max = stage.total || 1;
  // An image that failed is dealt with, too.
  bar.value = stage.state === "done" ? bar.max : stage.done + stage.failed;
}

function writeStages(list, run) {
  const template = document.getElementById("stage-template").content.firstElementChild;
  for (const stage of run.stages) {
    let row = list.querySelector(`[data-stage="${stage.stage}"]`);
    if (!row) {
      row = template.cloneNode(true);
      list.append(row);
    }
    writeStage(row, stage);
  }
}

function writeSpeeds(card, words) {
  const line = card.querySelector("[data-sparkline]");
  if (!line) return;
  line.toggleAttribute("hidden", !words.speed_line);
  line.setAttribute("aria-label", words.speeds);
  line.querySelector("title").textContent = words.speeds;
  line.querySelector("polyline").setAttribute("points", words.speed_line);
}

function writePriority(card, run) {
  for (const button of card.querySelectorAll('[name="priority"]')) {
    button.setAttribute("aria-pressed", String(button.value === run.priority));
  }
}

export function writeRun(card, run) {
  card.dataset.run = run.id;
  card.dataset.state = run.state;
  const link = card.querySelector('a[data-field="url"]');
  if (link) link.href = run.url;
  const started = new Date(run.created_at);
  write(card, "dataset", run.dataset.name);
  write(card, "kind", run.kind_label);
  write(card, "state", run.state_label);
  card.dataset.paused = run.is_paused;
  card.dataset.kind = run.kind;
  card.dataset.dataset = run.dataset.slug;
  card.dataset.failed = run.failures > 0;
  write(card, "started", started.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }));
  card.querySelector('[data-field="failed"]').href = run.failures_url;
  write(card, "encoder", run.encoder);
  write(card, "message", run.message);
  writeAll(card, run.words);
  writeSpeeds(card, run.words);
  writePriority(card, run);
  writeStages(card.querySelector(".stages"), run);
}

export function newCard(run, isManaged) {
  const card = document.getElementById("run-template").content.firstElementChild.cloneNode(true);
  if (isManaged) addressControls(card, run);
  else card.querySelector(".run-doing")?.remove();
  writeRun(card, run);
  return card;
}
