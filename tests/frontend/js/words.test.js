// Numbers in words, which must be those that the server writes (workers/wording.py).
import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, count, counted, duration } from "../../../static/js/words.js";

for (const [seconds, words] of [[0, "0 s"], [59.4, "59 s"], [59.6, "1 min 0 s"], [125, "2 min 5 s"], [12_000, "3 h 20 min"]]) {
  test(`${seconds} seconds are ${words}`, () => assert.equal(duration(seconds), words));
}

for (const [size, words] of [[0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [123_456, "123 kB"], [2.5e9, "2.5 GB"], [5e15, "5000 TB"]]) {
  test(`${size} bytes are ${words}`, () => assert.equal(bytes(size), words));
}

test("numbers have commas, and nouns their plural", () => {
  assert.equal(count(1_234_567), "1,234,567");
  assert.deepEqual([0, 1, 1200].map((number) => counted(number, "image")), ["0 images", "1 image", "1,200 images"]);
});
