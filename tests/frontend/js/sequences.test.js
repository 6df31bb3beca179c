// Which messages of runs are news.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Sequences } from "../../../static/js/runs/sequences.js";

const run = (id, sequence) => ({ id, sequence });

test("the first message of a run is news, whatever its number", () => {
  assert.deepEqual(new Sequences().take(run(1, 40)), { isNews: true, isGap: false });
});

test("the next number follows without a gap", () => {
  const sequences = new Sequences();
  sequences.take(run(1, 4));
  assert.deepEqual(sequences.take(run(1, 5)), { isNews: true, isGap: false });
});

test("a number too high is news, and a gap", () => {
  const sequences = new Sequences();
  sequences.take(run(1, 4));
  assert.deepEqual(sequences.take(run(1, 7)), { isNews: true, isGap: true });
});

test("the same number again, or a lower one, is no news", () => {
  const sequences = new Sequences();
  sequences.take(run(1, 4));
  assert.equal(sequences.take(run(1, 4)).isNews, false);
  assert.equal(sequences.take(run(1, 3)).isNews, false);
  assert.deepEqual(sequences.take(run(1, 5)), { isNews: true, isGap: false });
});

test("each run has numbers of its own", () => {
  const sequences = new Sequences();
  sequences.take(run(1, 90));
  assert.deepEqual(sequences.take(run(2, 3)), { isNews: true, isGap: false });
});

test("a snapshot brings what no change has overtaken, and fills the gap", () => {
  const sequences = new Sequences();
  sequences.take(run(1, 9));
  sequences.take(run(2, 2));
  assert.deepEqual(sequences.newsOf([run(1, 8), run(2, 6), run(3, 0)]), [run(2, 6), run(3, 0)]);
  assert.deepEqual(sequences.take(run(2, 7)), { isNews: true, isGap: false });
});
