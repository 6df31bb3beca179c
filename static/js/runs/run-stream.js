// The runs as they are now: through the websocket, or by asking every few seconds where the socket is blocked.
// Reconnects with growing and random pauses, and asks for a snapshot at a gap.
import { getJSON } from "../http.js";
import { Sequences } from "./sequences.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const SILENT_AFTER = 8_000; // a socket that opens and says nothing is blocked by something between
const FAILURES_BEFORE_POLLING = 2;
export const POLL_SECONDS = 3;

/**
 * @typedef {{
 *   onRun: (run: RunState) => void, onSnapshot: (runs: RunState[], ids: Set<number>) => void,
 *   onConnection: (connection: Connection) => void, onSite: () => void,
 * }} Listener
 */

export class RunStream {
  #address;
  #stateAddress;
  #listener;
  #sequences = new Sequences();
  /** @type {WebSocket | null} */
  #socket = null;
  #timer = 0;
  #pollTimer = 0;
  #failures = 0;

  /**
   * @param {string} path
   * @param {string} stateAddress
   * @param {Listener} listener
   */
  constructor(path, stateAddress, listener) {
    this.#address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    this.#stateAddress = stateAddress;
    this.#listener = listener;
  }

  start() {
    this.#connect();
    window.addEventListener("online", () => this.#connectNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#connectNow();
    });
    // A page kept for the back button has lost its socket while it was away.
    window.addEventListener("pageshow", () => this.#connectNow());
  }

  #connectNow() {
    if (this.#socket) return;
    this.#failures = 0;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    const patience = setTimeout(() => this.#lose(socket), SILENT_AFTER);
    socket.addEventListener("message", (event) => {
      clearTimeout(patience);
      this.#receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      clearTimeout(patience);
      this.#lose(socket);
    });
  }

  /** @param {WebSocket} socket */
  #lose(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    socket.close();
    if (!this.#pollTimer) this.#listener.onConnection("lost");
    this.#connectLater();
    if (this.#failures >= FAILURES_BEFORE_POLLING && !this.#pollTimer) this.#poll();
  }

  #connectLater() {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    // Random, so that a thousand browsers do not come back in the same moment after a restart.
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  // The socket goes on being tried meanwhile; once it talks, the asking ends.
  async #poll() {
    this.#pollTimer = setTimeout(() => this.#poll(), POLL_SECONDS * 1000 * (0.8 + Math.random() * 0.4));
    if (document.hidden) return;
    try {
      /** @type {RunPage} */
      const { runs } = await getJSON(this.#stateAddress, "The server answered {status}.");
      if (!this.#pollTimer) return;
      this.#listener.onConnection("polling");
      this.#receiveSnapshot(runs);
      this.#listener.onSite();
    } catch {
      if (this.#pollTimer) this.#listener.onConnection("lost");
    }
  }

  /** @param {SnapshotFrame | RunFrame | SiteFrame} message */
  #receive(message) {
    if (message.type === "snapshot") {
      this.#failures = 0;
      clearTimeout(this.#pollTimer);
      this.#pollTimer = 0;
      this.#listener.onConnection("live");
      this.#receiveSnapshot(message.runs);
    } else if (message.type === "run") this.#receiveRun(message.run);
    else if (message.type === "site") this.#listener.onSite();
  }

  /** @param {RunState[]} runs */
  #receiveSnapshot(runs) {
    this.#listener.onSnapshot(this.#sequences.newsOf(runs), new Set(runs.map((run) => run.id)));
  }

  /** @param {RunState} run */
  #receiveRun(run) {
    const { isNews, isGap } = this.#sequences.take(run);
    if (isGap) this.#socket?.send(JSON.stringify({ type: "snapshot" }));
    if (isNews) this.#listener.onRun(run);
  }
}
