// What a script is told of an answer that is no success.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { getJSON, postJSON, request, RequestFailed } from "../../../static/js/http.js";

let sent;
let answer;

beforeEach(() => {
  globalThis.HTMLInputElement = class { value = "a-token"; };
  globalThis.document = { querySelector: () => new HTMLInputElement() };
  globalThis.fetch = async (address, options) => {
    sent = { address, ...options };
    return answer;
  };
});

const refusal = (status, body) => Response.json(body, { status });
const FAILURE = "It did not work: the server answered {status}.";

test("the JSON of a success comes back", async () => {
  answer = Response.json({ runs: [] });
  assert.deepEqual(await getJSON("/runs/state.json", FAILURE), { runs: [] });
  assert.equal(sent.headers.get("Accept"), "application/json");
  assert.equal(sent.headers.has("X-CSRFToken"), false);
});

test("what changes something carries the token of the page", async () => {
  answer = Response.json({});
  await postJSON("/select", { polygon: [] }, FAILURE);
  assert.equal(sent.headers.get("X-CSRFToken"), "a-token");
  assert.equal(sent.headers.get("Content-Type"), "application/json");
  assert.equal(sent.body, '{"polygon":[]}');
});

test("a form goes as a form", async () => {
  answer = Response.json({});
  const form = new FormData();
  await postJSON("/tag", form, FAILURE);
  assert.equal(sent.body, form);
  assert.equal(sent.headers.has("Content-Type"), false);
});

for (const field of ["detail", "error"]) {
  test(`the sentence of the server is told, where it says one as ${field}`, async () => {
    answer = refusal(409, { [field]: "This dataset has no index yet." });
    await assert.rejects(getJSON("/", FAILURE), { message: "This dataset has no index yet.", status: 409 });
  });
}

test("where the server says nothing, the number stands in the sentence of who asked", async () => {
  answer = new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Content-Type": "text/html" } });
  await assert.rejects(getJSON("/", FAILURE), { message: "It did not work: the server answered 502." });
});

test("JSON that was cut off is no sentence either", async () => {
  answer = new Response('{"detail": "Th', { status: 500, headers: { "Content-Type": "application/json" } });
  await assert.rejects(getJSON("/", FAILURE), { message: "It did not work: the server answered 500." });
});

test("the whole problem comes along, such as where one signs in", async () => {
  answer = refusal(401, { error: "Sign in first.", sign_in: "/accounts/login/" });
  const error = await request("/", FAILURE).catch((reason) => reason);
  assert.ok(error instanceof RequestFailed);
  assert.equal(error.problem.sign_in, "/accounts/login/");
});
