// Writes a RunState into the card (or page) that shows it; the markup itself comes from the server's templates.

const whole = new Intl.NumberFormat("en");

export function sayDuration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

function sayRemaining(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 60) return `about ${Math.ceil(seconds / 10) * 10} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3600)} h left`;
}

// An image that failed is dealt with, too.
function tried(stage) {
  return stage.done + stage.failed;
}

// The share of a run's stages that is done, 0 to 1; a stage that waits counts as nothing done.
export function shareDone(run) {
  if (run.state === "done") return 1;
  const shares = run.stages.map((stage) => (stage.state === "done" ? 1 : stage.total ? Math.min(1, tried(stage) / stage.total) : 0));
  return shares.length ? shares.reduce((sum, share) => sum + share, 0) / shares.length : 0;
}

export function sayPercent(run) {
  return `${Math.floor(shareDone(run) * 100)} %`;
}

function write(root, field, text) {
  const element = root.querySelector(`[data-field="${field}"]`);
  // Text that stays the same is not touched, so that a selection in it survives.
  if (element && element.textContent !== text) element.textContent = text;
}

function sayCount(stage) {
  if (stage.state === "waiting") return "waiting";
  return `${whole.format(stage.done)} of ${whole.format(stage.total)}`;
}

function sayEta(stage, run) {
  if (stage.state !== "active" || run.state !== "active") return "";
  if (stage.eta_seconds !== null) return sayRemaining(stage.eta_seconds);
  return tried(stage) < stage.total ? "calculating" : "";
}

function writeStage(row, stage, run) {
  row.dataset.stage = stage.stage;
  row.dataset.state = stage.state;
  write(row, "label", stage.label);
  write(row, "count", sayCount(stage));
  write(row, "rate", stage.rate ? `${stage.rate.toFixed(1)}/s` : "");
  write(row, "eta", sayEta(stage, run));
  write(row, "failed", stage.failed ? `${whole.format(stage.failed)} failed` : "");
  const bar = row.querySelector("progress");
  bar.setAttribute("aria-label", stage.label);
  bar.max = stage.total || 1;
  bar.value = stage.state === "done" ? bar.max : tried(stage);
}

function writeStages(list, run) {
  const template = document.getElementById("stage-template").content.firstElementChild;
  for (const stage of run.stages) {
    let row = list.querySelector(`[data-stage="${stage.stage}"]`);
    if (!row) {
      row = template.cloneNode(true);
      list.append(row);
    }
    writeStage(row, stage, run);
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
  write(card, "percent", run.state === "active" ? sayPercent(run) : "");
  write(card, "started", started.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }));
  write(card, "elapsed", sayDuration(run.elapsed_seconds));
  card.querySelector('[data-field="failures"]').href = run.failures_url;
  write(card, "failures", run.failures ? `${whole.format(run.failures)} failed` : "");
  write(card, "encoder", run.encoder);
  write(card, "message", run.message);
  writeStages(card.querySelector(".stages"), run);
}

export function newCard(run) {
  const card = document.getElementById("run-template").content.firstElementChild.cloneNode(true);
  writeRun(card, run);
  return card;
}
