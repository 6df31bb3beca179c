// The dashboard and the page of one run, kept current through the websocket, or by asking where that is blocked.
import { LiveRuns, POLL_SECONDS } from "./run-stream.js";
import { tellEnd, titleOfEnd } from "./notify.js";
import { newCard, sayDuration, writeRun } from "./run-card.js";
import { startControls } from "./run-controls.js";
import { refreshPanels } from "./site-panels.js";

const SUMMARY_EVERY = 10_000;
const LEDGER_EVERY = 3_000;
const LOG_EVERY = 10_000;

const page = document.querySelector("[data-live]");
const list = page.querySelector("[data-runs]");
const connection = page.querySelector("[data-connection]");
const summary = page.querySelector("[data-live-summary]");
const ledger = page.querySelector("[data-ledger]");
const only = page.dataset.only;

const runs = new Map();
let mode = "lost";
let heardAt = performance.now();
let summaryAt = 0;
let ledgerTimer = 0;
let logAt = performance.now();

function cardOf(run) {
  return page.querySelector(`[data-run="${run.id}"]`);
}

function show(run) {
  if (only && String(run.id) !== only) return;
  const before = runs.get(run.id);
  runs.set(run.id, { ...run, receivedAt: performance.now() });
  const card = cardOf(run);
  // What the server rendered counts, too: a short run is over before the first message comes.
  const stateBefore = card?.dataset.state;
  if (card) writeRun(card, run);
  else if (list) insert(run);
  if (before?.state === "active" && run.state !== "active") tellEnd(run);
  if (ledger && (stateBefore !== run.state || (before && before.failures !== run.failures))) refreshLedger();
}

// The newest run stands first, as the server lists them.
function insert(run) {
  const next = [...list.children].find((card) => Number(card.dataset.run) < run.id);
  list.insertBefore(newCard(run, manages(run)), next ?? null);
  page.querySelector("[data-no-runs]").hidden = true;
}

function manages(run) {
  return "managesAll" in page.dataset || Boolean(list.querySelector(`.run:has(.run-doing)[data-dataset="${run.dataset.slug}"]`));
}

// What a snapshot no longer has is deleted, not visible any more, or older than what is listed.
function removeOthers(ids) {
  if (!list) return;
  for (const card of [...list.children]) {
    const id = Number(card.dataset.run);
    if (ids.has(id)) continue;
    card.remove();
    runs.delete(id);
  }
  page.querySelector("[data-no-runs]").hidden = list.children.length > 0;
}

async function replaceLedger() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-ledger]");
  // What stays the same is not touched, so that a selection in it survives.
  if (fresh && fresh.innerHTML !== ledger.innerHTML) ledger.replaceChildren(...fresh.children);
}

// At most one request every few seconds, however fast failures come in; a request that fails is made up by the next one.
function refreshLedger() {
  if (ledgerTimer) return;
  ledgerTimer = setTimeout(() => {
    ledgerTimer = 0;
    replaceLedger().catch(() => {});
  }, LEDGER_EVERY);
}

function activeRuns() {
  return [...runs.values()].filter((run) => run.state === "active");
}

function sayTitle() {
  const active = activeRuns();
  if (titleOfEnd()) return titleOfEnd();
  if (!active.length) return page.dataset.title;
  const share = active.reduce((sum, run) => sum + run.share, 0) / active.length;
  return `${Math.floor(share * 100)} % - ${page.dataset.title}`;
}

function saySummary() {
  const sentences = [...runs.values()].slice(0, 3).map((run) => `${run.dataset.name}: ${run.state === "active" ? run.words.percent : run.state_label}`);
  return sentences.join(", ");
}

function sayConnection() {
  connection.hidden = false;
  connection.dataset.state = mode;
  const age = (performance.now() - heardAt) / 1000;
  const words = { live: "live", polling: `asking every ${POLL_SECONDS} s`, lost: `reconnecting, data from ${sayDuration(age)} ago` };
  connection.textContent = words[mode];
  connection.title = mode === "polling" ? "The websocket is blocked between this browser and the site, so the page asks instead." : "";
}

function sayAges() {
  for (const time of page.querySelectorAll("time[data-age]")) {
    time.textContent = sayDuration(Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000));
  }
}

function sayElapsed() {
  for (const run of activeRuns()) {
    const field = cardOf(run)?.querySelector('[data-field="elapsed"]');
    // While the line is down the clock stands still; it must not jump back.
    const until = mode === "lost" ? heardAt : performance.now();
    const since = Math.max(0, until - run.receivedAt) / 1000;
    if (field) field.textContent = sayDuration(run.elapsed_seconds + since);
  }
}

function tick() {
  if (mode === "live") heardAt = performance.now();
  sayConnection();
  sayElapsed();
  sayAges();
  document.title = sayTitle();
  if (activeRuns().length && performance.now() - summaryAt > SUMMARY_EVERY) {
    summaryAt = performance.now();
    summary.textContent = saySummary();
  }
  // A line of the log changes no number, so that no message tells of it.
  if (ledger && mode !== "lost" && activeRuns().length && performance.now() - logAt > LOG_EVERY) {
    logAt = performance.now();
    refreshLedger();
  }
}

function showFirst() {
  const embedded = document.getElementById("runs");
  if (embedded) JSON.parse(embedded.textContent).forEach(show);
}

showFirst();
startControls(page);
new LiveRuns(page.dataset.socket, page.dataset.stateAddress, {
  onRun(run) {
    show(run);
    tick();
  },
  onSnapshot(snapshot, ids) {
    removeOthers(ids);
    snapshot.forEach(show);
    tick();
  },
  onConnection(now) {
    if (mode !== "lost" || now !== "lost") heardAt = performance.now();
    mode = now;
    tick();
  },
  onSite: refreshPanels,
}).start();
setInterval(tick, 1000);
