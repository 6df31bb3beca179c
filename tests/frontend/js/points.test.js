// The points of a map, as the server lays them out (search/projection/points.py).
import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeLevel, Points } from "../../../static/js/map/render/points.js";

/** Morton codes in rising order, as deltas in four planes of bytes. */
function level(...places) {
  const spread = (value) => [...Array(16).keys()].reduce((sum, bit) => sum + ((value >> bit) & 1) * 4 ** bit, 0);
  const codes = places.map(([x, y]) => spread(x) + 2 * spread(y)).sort((a, b) => a - b);
  const deltas = codes.map((code, i) => code - (codes[i - 1] ?? 0));
  return Uint8Array.from([0, 8, 16, 24].flatMap((shift) => deltas.map((delta) => Math.floor(delta / 2 ** shift) % 256)));
}

test("a level gives the places that went into it", () => {
  const places = new Uint16Array(6);
  assert.equal(decodeLevel(level([0, 0], [1, 2], [300, 5]), places, 0), 3);
  assert.deepEqual([...places], [0, 0, 1, 2, 300, 5]);
});

test("the farthest corner fits, whose code has all 32 bits", () => {
  const places = new Uint16Array(2);
  decodeLevel(level([65_535, 65_535]), places, 0);
  assert.deepEqual([...places], [65_535, 65_535]);
});

test("a level goes behind those before it", () => {
  const places = new Uint16Array(4);
  decodeLevel(level([7, 9]), places, 1);
  assert.deepEqual([...places], [0, 0, 7, 9]);
});

test("a level that was cut off is refused", () => {
  assert.throws(() => decodeLevel(new Uint8Array(7), new Uint16Array(4), 0), /arrived incomplete/);
});

test("a level of more points than the map has is refused", () => {
  assert.throws(() => decodeLevel(level([1, 1], [2, 2]), new Uint16Array(2), 0), /arrived incomplete/);
});

test("the extent is that of the points that are there, in the map's own coordinates", () => {
  const points = new Points({ bounds: [-10, 0, 10, 5], levels: [2, 4] });
  points.places.set([0, 65_535, 32_767.5, 0]);
  points.loaded = 2;
  const [left, bottom, right, top] = points.extent();
  assert.deepEqual([left, bottom, top], [-10, 0, 5]);
  assert.ok(Math.abs(right) < 1e-3);
});

test("levels that arrive in any order are taken in theirs", async (context) => {
  const first = Promise.withResolvers();
  const answers = [first.promise, Promise.resolve(new Response(level([2, 2], [3, 3])))];
  context.mock.method(globalThis, "fetch", (address) => answers[Number(address)]);
  const points = new Points({ bounds: [0, 0, 1, 1], levels: [1, 2] });
  const seen = [];
  const whole = points.load(String, (from, to) => seen.push([from, to]));
  await answers[1];
  assert.deepEqual(seen, []);
  first.resolve(new Response(level([1, 1])));
  await whole;
  assert.deepEqual(seen, [[0, 1], [1, 3]]);
  assert.deepEqual([...points.places], [1, 1, 2, 2, 3, 3]);
});
