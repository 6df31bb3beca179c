// How many points are drawn while the map moves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameBudget } from "../../../static/js/map/render/frame-budget.js";

const LEVELS = [1000, 9000, 90_000, 900_000];
const frames = (budget, milliseconds, number) => {
  for (let i = 0; i < number; i++) budget.took(milliseconds);
};

test("a graphics card draws all of them at first", () => {
  assert.equal(new FrameBudget(LEVELS, false).moving, 1_000_000);
});

test("slow frames take a whole level away, one slow frame none", () => {
  const budget = new FrameBudget(LEVELS, false);
  frames(budget, 90, 1);
  assert.equal(budget.moving, 1_000_000);
  frames(budget, 90, 5);
  assert.equal(budget.moving, 100_000);
  assert.equal(budget.resting, 1_000_000);
});

test("a quick frame between slow ones begins the count anew", () => {
  const budget = new FrameBudget(LEVELS, false);
  frames(budget, 90, 5);
  frames(budget, 30, 1);
  frames(budget, 90, 5);
  assert.equal(budget.moving, 1_000_000);
});

test("many quick frames bring a level back", () => {
  const budget = new FrameBudget(LEVELS, false);
  frames(budget, 90, 6);
  frames(budget, 10, 23);
  assert.equal(budget.moving, 100_000);
  frames(budget, 10, 1);
  assert.equal(budget.moving, 1_000_000);
});

test("the first level is always drawn", () => {
  const budget = new FrameBudget(LEVELS, false);
  frames(budget, 500, 100);
  assert.equal(budget.moving, 1000);
});

test("a processor gets few while the map moves, however quick its frames", () => {
  const budget = new FrameBudget(LEVELS, true);
  frames(budget, 5, 200);
  assert.deepEqual([budget.moving, budget.resting], [10_000, 1_000_000]);
});

test("there can be a most also at rest", () => {
  assert.equal(new FrameBudget(LEVELS, true, 270_000).resting, 100_000);
});

test("a map without points has a budget of none", () => {
  const budget = new FrameBudget([], false);
  assert.deepEqual([budget.moving, budget.resting], [0, 0]);
});
