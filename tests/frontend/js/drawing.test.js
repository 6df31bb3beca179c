// Fewer corners that enclose nearly the same.
import assert from "node:assert/strict";
import { test } from "node:test";

import { simplified } from "../../../static/js/map/drawing.js";

const area = (corners) => Math.abs(corners.reduce((sum, [x, y], i) => {
  const [nextX, nextY] = corners[(i + 1) % corners.length];
  return sum + x * nextY - nextX * y;
}, 0)) / 2;

test("few corners stay as they are, in a list of their own", () => {
  const corners = [[0, 0], [1, 0], [1, 1]];
  assert.deepEqual(simplified(corners, 3), corners);
  assert.notEqual(simplified(corners, 3), corners);
});

test("corners on a straight line go first", () => {
  const corners = [[0, 0], [1, 0], [2, 0], [2, 2], [1, 2.0001], [0, 2]];
  assert.deepEqual(simplified(corners, 4), [[0, 0], [2, 0], [2, 2], [0, 2]]);
});

test("a circle of a thousand corners keeps its area with sixty-four", () => {
  const circle = Array.from({ length: 1000 }, (_, i) => [Math.cos(i * Math.PI / 500), Math.sin(i * Math.PI / 500)]);
  const fewer = simplified(circle, 64);
  assert.equal(fewer.length, 64);
  assert.ok(area(fewer) > 0.99 * area(circle));
});
