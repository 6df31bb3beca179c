// Elements by selector, of a kind that is looked at once, where they are found: after that nobody has to ask whether
// there is one, or whether it has a value.

/**
 * The first element that `selector` finds below `root`. Raises an Error where there is none, or one of another kind.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
export function one(root, selector, kind) {
  const found = maybe(root, selector, kind);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

/**
 * Likewise, or null where there is none.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function maybe(root, selector, kind) {
  return checked(root.querySelector(selector), kind);
}

/**
 * All elements that `selector` finds below `root`. Raises an Error where one is of another kind.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T[]}
 */
export function all(root, selector, kind) {
  const found = [];
  for (const element of root.querySelectorAll(selector)) {
    const each = checked(element, kind);
    if (each) found.push(each);
  }
  return found;
}

/**
 * The element around what an event happened on, or that itself, which `selector` describes; null where there is none.
 * @template {Element} T
 * @param {Event} event
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function around(event, selector, kind) {
  return event.target instanceof Element ? checked(event.target.closest(selector), kind) : null;
}

/**
 * @template {Element} T
 * @param {Element | null} element
 * @param {new () => T} kind
 * @returns {T | null}
 */
function checked(element, kind) {
  if (!element || element instanceof kind) return element;
  throw new Error(`${element.localName} is no ${kind.name}.`);
}

/**
 * What draws on a canvas. Raises an Error where the browser has none left to give.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}
