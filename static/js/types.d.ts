// Written by scripts/script_types.py from the schema of the API and the frames of the progress socket: edit those.

interface DatasetLink {
  name: string;
  slug: string;
  url: string;
}

/**
 * One numbered change: `run["sequence"]` grows by one a frame, so that a gap shows.
 */
interface RunFrame {
  type: "run";
  run: RunState;
}

/**
 * Runs, the newest first; `cursor` leads on, empty at the end.
 */
interface RunPage {
  runs: RunState[];
  cursor: string;
}

/**
 * The whole of a run; `eta_note` says what `eta_seconds` does not hold, or why there is none.
 *
 * `speeds` are images a second of its slowest work in equally long parts of its time, oldest first.
 */
interface RunState {
  id: number;
  url: string;
  dataset: DatasetLink;
  kind: string;
  kind_label: string;
  state: string;
  state_label: string;
  is_paused: boolean;
  priority: string;
  encoder: string;
  message: string;
  sequence: number;
  failures: number;
  failures_url: string;
  bytes_read: number;
  share: number;
  eta_seconds: number[] | null;
  eta_note: string;
  created_at: string;
  finished_at: string | null;
  elapsed_seconds: number;
  speeds: number[];
  stages: StageState[];
  words: RunWords;
}

/**
 * The numbers of the whole run as people read them; `speed_line` has the points of a line 120 wide, 24 high.
 */
interface RunWords {
  percent: string;
  elapsed: string;
  eta: string;
  read: string;
  failed: string;
  priority: string;
  speeds: string;
  speed_line: string;
}

/**
 * The frame for staff: workers, queues or served versions changed, and the page fetches them anew.
 */
interface SiteFrame {
  type: "site";
}

/**
 * The frame that a browser gets first, and whenever it asks.
 */
interface SnapshotFrame {
  type: "snapshot";
  runs: RunState[];
}

/**
 * `rate` is images a second, `eta_seconds` the least and the most time left; null where unknown.
 */
interface StageState {
  stage: string;
  label: string;
  total: number;
  done: number;
  failed: number;
  bytes_read: number;
  rate: number | null;
  eta_seconds: number[] | null;
  state: string;
  words: StageWords;
}

/**
 * The numbers of a stage as people read them; an empty text where there is nothing to say.
 */
interface StageWords {
  count: string;
  rate: string;
  eta: string;
  read: string;
  failed: string;
}
