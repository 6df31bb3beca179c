// The colours of the map.
import assert from "node:assert/strict";
import { test } from "node:test";

import { rampColour, written } from "../../../static/js/map/render/colours.js";

const parts = (colour) => colour.match(/^oklch\((\S+) (\S+) (\S+)\)$/).slice(1).map(Number);

test("a colour is written as style sheets read it, without its opacity", () => {
  assert.equal(written([1, 2, 3]), "rgb(1 2 3)");
  assert.equal(written(Uint8Array.of(9, 8, 7, 0)), "rgb(9 8 7)");
});

for (const isNight of [false, true]) {
  test(`more stands out more from the page ${isNight ? "at night" : "by day"}`, () => {
    const lightness = [0, 0.25, 0.5, 0.75, 1].map((share) => parts(rampColour(share, isNight))[0]);
    const rising = [...lightness].sort((a, b) => (isNight ? a - b : b - a));
    assert.deepEqual(lightness, rising);
  });
}

test("both ends of the ramp are colours that there are", () => {
  for (const share of [0, 1]) {
    const [lightness, chroma, hue] = parts(rampColour(share, false));
    assert.ok(lightness > 0 && lightness < 1 && chroma > 0 && hue >= 0 && hue <= 360);
  }
});
