// Which messages of runs are news: the changes of a run are numbered, one more each time.

export class Sequences {
  /** @type {Map<number, number>} */
  #known = new Map();

  /**
   * One change of a run: whether it is newer than what is known, and whether others before it are missing.
   * @param {Pick<RunState, "id" | "sequence">} run
   */
  take({ id, sequence }) {
    const known = this.#known.get(id);
    const isNews = known === undefined || sequence > known;
    if (isNews) this.#known.set(id, sequence);
    return { isNews, isGap: known !== undefined && sequence > known + 1 };
  }

  /**
   * Those of a snapshot that no change has overtaken.
   * @template {Pick<RunState, "id" | "sequence">} R
   * @param {R[]} runs
   */
  newsOf(runs) {
    const news = runs.filter((run) => run.sequence >= (this.#known.get(run.id) ?? -1));
    for (const run of news) this.#known.set(run.id, run.sequence);
    return news;
  }
}
