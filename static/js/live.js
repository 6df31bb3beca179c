// The websocket of the runs: connects, reconnects with growing and random pauses, and asks for a snapshot at a gap.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

export class LiveRuns {
  #address;
  #listener;
  #sequences = new Map();
  #socket = null;
  #timer = 0;
  #failures = 0;

  // listener: { onRun(run), onSnapshot(runs), onConnection(isLive) }
  constructor(path, listener) {
    this.#address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
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
    socket.addEventListener("message", (event) => this.#receive(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#listener.onConnection(false);
      this.#connectLater();
    });
  }

  #connectLater() {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    // Random, so that a thousand browsers do not come back in the same moment after a restart.
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  #receive(message) {
    if (message.type === "snapshot") this.#receiveSnapshot(message.runs);
    else if (message.type === "run") this.#receiveRun(message.run);
  }

  #receiveSnapshot(runs) {
    this.#failures = 0;
    // A delta may have overtaken the snapshot; the newer of the two stands.
    const news = runs.filter((run) => run.sequence >= (this.#sequences.get(run.id) ?? -1));
    for (const run of news) this.#sequences.set(run.id, run.sequence);
    this.#listener.onConnection(true);
    this.#listener.onSnapshot(news);
  }

  #receiveRun(run) {
    const known = this.#sequences.get(run.id);
    if (known !== undefined && run.sequence <= known) return;
    if (known !== undefined && run.sequence > known + 1) this.#socket?.send(JSON.stringify({ type: "snapshot" }));
    this.#sequences.set(run.id, run.sequence);
    this.#listener.onRun(run);
  }
}
