// Which points lie near a place, compared with looking at each of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { GridIndex } from "../../../static/js/map/render/grid-index.js";

let state = 7;
const chance = (below) => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state % below;
};
const COUNT = 4000;
const places = Uint16Array.from({ length: 2 * COUNT }, () => chance(65_536));
const index = new GridIndex(places, COUNT);
const camera = { steps: { ax: 0.01, bx: 3, ay: -0.01, by: 660 } };
const pixels = (i) => [0.01 * places[2 * i] + 3, -0.01 * places[2 * i + 1] + 660];

test("a window holds the points that looking at each finds", () => {
  const [left, top, right, bottom] = [10_000, 20_000, 30_000, 41_000];
  const isIn = (i) => {
    const [x, y] = [places[2 * i], places[2 * i + 1]];
    return x >= left && x <= right && y >= top && y <= bottom;
  };
  const wanted = [...Array(COUNT).keys()].filter(isIn);
  assert.deepEqual(index.within([left, top, right, bottom]).sort((a, b) => a - b), wanted);
  assert.ok(index.count([left, top, right, bottom]) >= wanted.length);
});

test("a window of everything counts each point once", () => {
  assert.equal(index.count([-1e6, -1e6, 1e6, 1e6]), COUNT);
});

test("the nearest point is the one that looking at each finds", () => {
  for (let round = 0; round < 50; round++) {
    const [x, y] = [chance(660), chance(660)];
    const away = (i) => (pixels(i)[0] - x) ** 2 + (pixels(i)[1] - y) ** 2;
    const best = [...Array(COUNT).keys()].reduce((a, b) => (away(b) < away(a) ? b : a));
    assert.equal(index.nearest(camera, x, y, 40), away(best) < 40 ** 2 ? best : null);
  }
});

test("nothing is near where no point is in reach", () => {
  assert.equal(index.nearest(camera, -500, -500, 10), null);
});

test("a point that does not count is passed over", () => {
  const first = index.nearest(camera, 300, 300, 60);
  const second = index.nearest(camera, 300, 300, 60, (i) => i !== first);
  assert.notEqual(second, first);
  assert.notEqual(second, null);
});

test("an axis on which all places are equal has them all in reach", () => {
  const flat = new GridIndex(Uint16Array.of(0, 100, 0, 60_000), 2);
  assert.equal(flat.nearest({ steps: { ax: 0, bx: 50, ay: -0.01, by: 600 } }, 50, 0, 8), 1);
});
