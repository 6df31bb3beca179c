// A query as it is written: the words of the search field, then the terms of its chips with their signs and weights.

/**
 * What a chip stands for, such as `image:12`, and how much it counts: less than nothing where it is taken away.
 * @typedef {{ term: string, weight: number }} Part
 */

/**
 * @param {Part} part
 * @param {boolean} isFirst
 */
function written({ term, weight }, isFirst) {
  const size = Math.abs(weight) === 1 ? "" : `${Math.abs(weight)}:`;
  if (isFirst) return `${weight < 0 ? "-" : ""}${size}${term}`;
  return `${weight < 0 ? "-" : "+"} ${size}${term}`;
}

/**
 * The whole query. What is taken away comes last: no query begins with it. A part without weight is left out.
 * @param {string} words
 * @param {Part[]} parts
 */
export function composed(words, parts) {
  const counting = parts.filter((part) => part.weight);
  counting.sort((a, b) => Number(b.weight > 0) - Number(a.weight > 0));
  const terms = counting.map((part, i) => written(part, !words && i === 0));
  return [words, ...terms].filter(Boolean).join(" ");
}

/**
 * A query with a term in the written syntax added to it, such as `image:12` or `- image:12`.
 * @param {string} query
 * @param {string} term
 */
export function withTerm(query, term) {
  if (!query) return term;
  return `${query} ${/^[+-]/.test(term) ? "" : "+ "}${term}`;
}
