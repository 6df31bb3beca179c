// The camera of the map: what is seen, and where things stand on the screen.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Camera } from "../../../static/js/map/render/camera.js";

let camera;
let changes;

beforeEach(() => {
  globalThis.cancelAnimationFrame = () => {};
  globalThis.matchMedia = () => ({ matches: true }); // who wants no motion is there at once
  changes = 0;
  camera = new Camera([0, 0, 100, 50], () => { changes += 1; });
  camera.resize(800, 600);
});

const near = (found, wanted) => found.forEach((value, i) => {
  assert.ok(Math.abs(value - wanted[i]) < 1e-6, `${found} is not ${wanted}`);
});

test("at first everything fits, with the middle of the map in the middle", () => {
  near(camera.placeOf(400, 300), [50, 25]);
  assert.ok(camera.isHome);
  const [left, bottom, right, top] = camera.window;
  assert.ok(left < 0 && bottom < 0 && right > 100 && top > 50);
});

test("a pixel and its place lead to each other, with y upwards on the map", () => {
  near(camera.pixelsOf(...camera.placeOf(123, 456)), [123, 456]);
  assert.ok(camera.placeOf(0, 0)[1] > camera.placeOf(0, 600)[1]);
});

test("the steps say the same as the place", () => {
  const { ax, bx, ay, by } = camera.steps;
  near([ax * 65_535 + bx, ay * 65_535 + by], camera.pixelsOf(100, 50));
});

test("what lies under the pointer stays there while one zooms", () => {
  const place = camera.placeOf(200, 100);
  camera.zoomAt(3, 200, 100);
  near(camera.pixelsOf(...place), [200, 100]);
  assert.ok(Math.abs(camera.zoom - 3) < 1e-9);
});

test("the middle never leaves the map", () => {
  camera.pan(100_000, -100_000);
  assert.deepEqual([camera.x, camera.y], [0, 0]);
});

test("there is a closest and a farthest view", () => {
  camera.zoomAt(1e9);
  assert.ok(Math.abs(camera.zoom - camera.mostZoom) < 1e-6);
  camera.zoomAt(1e-9);
  assert.ok(Math.abs(camera.zoom - 0.5) < 1e-9);
});

test("a window that changes its size keeps the view, and home stays home", () => {
  camera.resize(400, 300);
  assert.ok(camera.isHome);
  camera.lookAt(20, 10, 4);
  camera.resize(1000, 700);
  assert.deepEqual([camera.x, camera.y], [20, 10]);
  assert.ok(Math.abs(camera.zoom - 4) < 1e-9);
});

test("what covers a side moves the middle away from it", () => {
  camera.resize(800, 600, { left: 200, right: 0 });
  assert.ok(camera.pixelsOf(50, 25)[0] > 400);
});

test("a flight around a part shows all of it", async () => {
  await camera.flyAround([10, 10, 20, 30]);
  const [left, bottom, right, top] = camera.window;
  assert.ok(left <= 10 && bottom <= 10 && right >= 20 && top >= 30);
});

test("points that lie on one place have a little room around it", () => {
  camera.setExtent([5, 5, 5, 5]);
  assert.ok(camera.extent.width > 0 && Number.isFinite(camera.scale));
});

test("it tells of every change", () => {
  const before = changes;
  camera.pan(10, 0);
  assert.equal(changes, before + 1);
});
