// The corners of a selection in the address of the map, and what the address keeps.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Address, readCorners, writtenCorners } from "../../../static/js/map/address.js";

const BOUNDS = { left: -4, bottom: 2, width: 8, height: 16 };
let steps;

beforeEach(() => {
  steps = [];
  globalThis.location = { search: "?q=cat&open=12", pathname: "/map/pets/" };
  globalThis.history = {
    state: null,
    pushState: (state, _, address) => steps.push(["push", address]),
    replaceState: (state, _, address) => steps.push(["replace", address]),
  };
});

test("corners that were written are read as they were, to a step of the map", () => {
  const corners = [[-4, 2], [4, 2], [1.5, 18], [-0.25, 9]];
  const read = readCorners(writtenCorners(corners, BOUNDS), BOUNDS);
  read.forEach(([x, y], i) => {
    assert.ok(Math.abs(x - corners[i][0]) <= BOUNDS.width / 65_535);
    assert.ok(Math.abs(y - corners[i][1]) <= BOUNDS.height / 65_535);
  });
});

test("corners stand in the address in letters that need no escape", () => {
  assert.match(writtenCorners([[-4, 2], [4, 18], [0, 10]], BOUNDS), /^[0-9a-z._]+$/);
});

for (const text of ["", "1.1", "1.1_2.2", "1.1_2.2_3", "1.1_2.2_!.3", "1.1_2.2_3.4.5"]) {
  test(`"${text}" is no selection`, () => assert.equal(readCorners(text, BOUNDS), null));
}

test("a map whose points lie on one line can be written, too", () => {
  assert.equal(writtenCorners([[5, 1]], { left: 5, bottom: 0, width: 0, height: 2 }), "0.pa8");
});

test("it reads the parameters by name", () => {
  assert.deepEqual(Address.read(), { q: "cat", open: "12" });
});

test("a step that Back leads away from is written at once, empty values left out, the open image kept", () => {
  new Address(() => ({ map: "3", q: "dog", colour: "" })).write(true);
  assert.deepEqual(steps, [["push", "/map/pets/?map=3&q=dog&open=12"]]);
});

test("what is in the address already is not written again", () => {
  new Address(() => ({ q: "cat" })).write(true);
  assert.deepEqual(steps, []);
});

test("small changes are put together until nothing changes for a moment", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let zoom = 0;
  const address = new Address(() => ({ z: String(zoom) }));
  for (zoom = 1; zoom < 5; zoom++) {
    address.write();
    context.mock.timers.tick(100);
  }
  assert.deepEqual(steps, []);
  context.mock.timers.tick(250);
  assert.deepEqual(steps, [["replace", "/map/pets/?z=5&open=12"]]);
});
