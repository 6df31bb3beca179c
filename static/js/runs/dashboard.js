// The dashboard and the page of one run, kept current through the websocket, or by asking where that is blocked.
import { all, maybe, one } from "../dom.js";
import { fetchPage, replaceIfChanged } from "../fragment.js";
import { duration } from "../words.js";
import { tellEnd, titleOfEnd } from "./notify.js";
import { newCard, writeRun } from "./run-card.js";
import { startControls } from "./run-controls.js";
import { POLL_SECONDS, RunStream } from "./run-stream.js";
import { refreshPanels } from "./site-panels.js";

const SUMMARY_EVERY = 10_000;
const LEDGER_EVERY = 3_000;
const LOG_EVERY = 10_000;

class Dashboard {
  #page;
  #list;
  #connection;
  #summary;
  #ledger;
  /** @type {Map<number, ShownRun>} */
  #runs = new Map();
  /** @type {Connection} */
  #mode = "lost";
  #heardAt = performance.now();
  #summaryAt = 0;
  #ledgerTimer = 0;
  #logAt = performance.now();

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#page = page;
    this.#list = maybe(page, "[data-runs]", HTMLElement);
    this.#connection = one(page, "[data-connection]", HTMLElement);
    this.#summary = one(page, "[data-live-summary]", HTMLElement);
    this.#ledger = maybe(page, "[data-ledger]", HTMLElement);
    const embedded = maybe(document, "script#runs", HTMLScriptElement);
    if (embedded) this.#showAll(JSON.parse(embedded.text));
    startControls(page);
    new RunStream(page.dataset.socket ?? "", page.dataset.stateAddress ?? "", {
      onRun: (run) => {
        this.#show(run);
        this.#tick();
      },
      onSnapshot: (runs, ids) => {
        this.#removeOthers(ids);
        this.#showAll(runs);
        this.#tick();
      },
      onConnection: (mode) => {
        if (this.#mode !== "lost" || mode !== "lost") this.#heardAt = performance.now();
        this.#mode = mode;
        this.#tick();
      },
      onSite: refreshPanels,
    }).start();
    setInterval(() => this.#tick(), 1000);
  }

  // --- Runs ---------------------------------------------------------------------------------------------------------
  /** @param {RunState} run */
  #cardOf(run) {
    return maybe(this.#page, `[data-run="${run.id}"]`, HTMLElement);
  }

  /** @param {RunState[]} runs */
  #showAll(runs) {
    for (const run of runs) this.#show(run);
  }

  /** @param {RunState} run */
  #show(run) {
    const { only } = this.#page.dataset;
    if (only && String(run.id) !== only) return;
    const before = this.#runs.get(run.id);
    this.#runs.set(run.id, { ...run, receivedAt: performance.now() });
    const card = this.#cardOf(run);
    // What the server rendered counts, too: a short run is over before the first message comes.
    const stateBefore = card?.dataset.state;
    if (card) writeRun(card, run);
    else if (this.#list) this.#insert(this.#list, run);
    if (before?.state === "active" && run.state !== "active") tellEnd(run);
    if (stateBefore !== run.state || (before && before.failures !== run.failures)) this.#refreshLedger();
  }

  /**
   * The newest run stands first, as the server lists them.
   * @param {HTMLElement} list
   * @param {RunState} run
   */
  #insert(list, run) {
    const next = cardsOf(list).find((card) => Number(card.dataset.run) < run.id);
    list.insertBefore(newCard(run, this.#manages(list, run)), next ?? null);
    one(this.#page, "[data-no-runs]", HTMLElement).hidden = true;
  }

  /**
   * @param {HTMLElement} list
   * @param {RunState} run
   */
  #manages(list, run) {
    if ("managesAll" in this.#page.dataset) return true;
    return list.querySelector(`.run:has(.run-doing)[data-dataset="${run.dataset.slug}"]`) !== null;
  }

  /**
   * What a snapshot no longer has is deleted, not visible any more, or older than what is listed.
   * @param {Set<number>} ids
   */
  #removeOthers(ids) {
    if (!this.#list) return;
    for (const card of cardsOf(this.#list)) {
      const id = Number(card.dataset.run);
      if (ids.has(id)) continue;
      card.remove();
      this.#runs.delete(id);
    }
    one(this.#page, "[data-no-runs]", HTMLElement).hidden = this.#list.children.length > 0;
  }

  get #active() {
    return [...this.#runs.values()].filter((run) => run.state === "active");
  }

  // --- Failures and log of one run ----------------------------------------------------------------------------------
  // At most one request every few seconds, however fast failures come in; the next makes up for one that fails.
  #refreshLedger() {
    const ledger = this.#ledger;
    if (!ledger || this.#ledgerTimer) return;
    this.#ledgerTimer = setTimeout(() => {
      this.#ledgerTimer = 0;
      const page = fetchPage(location.href);
      page.then((fresh) => replaceIfChanged(ledger, fresh.querySelector("[data-ledger]"))).catch(() => {});
    }, LEDGER_EVERY);
  }

  // --- What is said every second ------------------------------------------------------------------------------------
  #title() {
    const { title = "" } = this.#page.dataset;
    const active = this.#active;
    if (titleOfEnd()) return titleOfEnd();
    if (!active.length) return title;
    const share = active.reduce((sum, run) => sum + run.share, 0) / active.length;
    return `${Math.floor(share * 100)} % - ${title}`;
  }

  #sentences() {
    const shown = [...this.#runs.values()].slice(0, 3);
    return shown.map((run) => {
      const words = run.state === "active" ? run.words.percent : run.state_label;
      return `${run.dataset.name}: ${words}`;
    }).join(", ");
  }

  #sayConnection() {
    const age = (performance.now() - this.#heardAt) / 1000;
    const words = {
      live: "live",
      polling: `asking every ${POLL_SECONDS} s`,
      lost: `reconnecting, data from ${duration(age)} ago`,
    };
    this.#connection.hidden = false;
    this.#connection.dataset.state = this.#mode;
    this.#connection.textContent = words[this.#mode];
    this.#connection.title = this.#mode === "polling"
      ? "The websocket is blocked between this browser and the site, so the page asks instead." : "";
  }

  #sayAges() {
    for (const time of all(this.#page, "time[data-age]", HTMLTimeElement)) {
      time.textContent = duration(Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000));
    }
  }

  #sayElapsed() {
    for (const run of this.#active) {
      const card = this.#cardOf(run);
      const field = card && maybe(card, '[data-field="elapsed"]', HTMLElement);
      // While the line is down the clock stands still; it must not jump back.
      const until = this.#mode === "lost" ? this.#heardAt : performance.now();
      const since = Math.max(0, until - run.receivedAt) / 1000;
      if (field) field.textContent = duration(run.elapsed_seconds + since);
    }
  }

  #tick() {
    const now = performance.now();
    if (this.#mode === "live") this.#heardAt = now;
    this.#sayConnection();
    this.#sayElapsed();
    this.#sayAges();
    document.title = this.#title();
    if (!this.#active.length) return;
    if (now - this.#summaryAt > SUMMARY_EVERY) {
      this.#summaryAt = now;
      this.#summary.textContent = this.#sentences();
    }
    // A line of the log changes no number, so that no message tells of it.
    if (this.#mode !== "lost" && now - this.#logAt > LOG_EVERY) {
      this.#logAt = now;
      this.#refreshLedger();
    }
  }
}

/** @param {HTMLElement} list */
function cardsOf(list) {
  return all(list, ":scope > [data-run]", HTMLElement);
}

new Dashboard(one(document, "[data-live]", HTMLElement));
