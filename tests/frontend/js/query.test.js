// The query that the search field and its chips make together.
import assert from "node:assert/strict";
import { test } from "node:test";

import { termOf } from "../../../static/js/search/picture-input.js";
import { composed, withTerm } from "../../../static/js/search/query.js";

const part = (term, weight = 1) => ({ term, weight });

test("words alone are the query", () => assert.equal(composed("a red barn", []), "a red barn"));

test("chips follow the words with their signs", () => {
  assert.equal(composed("barn", [part("image:1"), part("snow", -1)]), "barn + image:1 - snow");
});

test("a weight other than one stands before its term", () => {
  assert.equal(composed("barn", [part("image:1", 0.5), part("snow", -2)]), "barn + 0.5:image:1 - 2:snow");
});

test("the first chip needs no plus where there are no words", () => {
  assert.equal(composed("", [part("image:1"), part("image:2")]), "image:1 + image:2");
});

test("what is taken away comes last, so that no query begins with it", () => {
  assert.equal(composed("", [part("snow", -1), part("image:1", 2)]), "2:image:1 - snow");
});

test("a query of nothing but what is taken away says so at its beginning", () => {
  assert.equal(composed("", [part("snow", -1), part("rain", -3)]), "-snow - 3:rain");
});

test("a chip without weight is left out", () => assert.equal(composed("barn", [part("snow", 0)]), "barn"));

test("nothing is an empty query", () => assert.equal(composed("", []), ""));

test("a term is added, or taken away where it says so itself", () => {
  assert.equal(withTerm("barn", "image:3"), "barn + image:3");
  assert.equal(withTerm("barn", "- image:3"), "barn - image:3");
  assert.equal(withTerm("", "image:3"), "image:3");
});

test("an image of this site is named by its number, anything else by its address", () => {
  globalThis.location = { href: "https://photos.example.org/search", origin: "https://photos.example.org" };
  assert.equal(termOf("/image/12/"), "image:12");
  assert.equal(termOf("https://photos.example.org/image/12/thumbnail"), "image:12");
  assert.equal(termOf("https://example.com/image/12/"), 'url:"https://example.com/image/12/"');
  assert.equal(termOf("https://photos.example.org/about"), 'url:"https://photos.example.org/about"');
});
