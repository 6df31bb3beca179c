// Every change of a chip loads the page anew; the keyboard goes on where it was, on the page that answers.

const KEY = "chip-focus";

// `text` is what is asked, and tells the page that answers it from any other; without a `term` the field is meant.
export function keepFocus(text, term, control) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ text, term, control }));
  } catch {
    // Storage may be forbidden; the new page then begins at its top.
  }
}

function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return kept;
  } catch {
    return null;
  }
}

export function focusKept(chips, field) {
  const kept = takeKept();
  if (!kept || kept.text !== new URLSearchParams(location.search).get("q")) return;
  const chip = kept.term && chips.find((one) => one.dataset.term === kept.term);
  (chip?.querySelector(kept.control) ?? field).focus({ preventScroll: true });
}
