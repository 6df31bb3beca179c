// Pausing, resuming, cancelling and hurrying runs without leaving the page: the socket then says what became of it.
import { all, maybe } from "../dom.js";
import { request } from "../http.js";

const dialog = maybe(document, "[data-confirm]", HTMLDialogElement);

/** @returns {Promise<boolean>} */
function isConfirmed() {
  if (!dialog) return Promise.resolve(true);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function send(form, button) {
  const address = button.getAttribute("formaction") ?? form.action;
  if (button.dataset.do === "cancel" && !(await isConfirmed())) return;
  const body = new FormData(form, button);
  button.disabled = true;
  try {
    // The answer leads back to the page that is open already, so it is not followed.
    const options = { method: "POST", body, redirect: /** @type {const} */ ("manual") };
    const answer = await request(address, "The server answered {status}.", options);
    if (answer.type !== "opaqueredirect") throw new Error(`status ${answer.status}`);
  } catch {
    button.disabled = false;
    sendAsEver(form, button);
  } finally {
    button.disabled = false;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
function sendAsEver(form, button) {
  form.dataset.asEver = "";
  form.requestSubmit(button);
}

/** @param {HTMLElement} page */
export function startControls(page) {
  page.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (!(form instanceof HTMLFormElement) || !(button instanceof HTMLButtonElement)) return;
    if (!form.matches("[data-run-control]") || "asEver" in form.dataset) return;
    event.preventDefault();
    send(form, button).catch(() => {});
  });
}

/**
 * Addresses of a run in the controls of its card.
 * @param {HTMLElement} card
 * @param {RunState} run
 */
export function addressControls(card, run) {
  for (const part of all(card, "[data-do]", HTMLElement)) {
    const address = `${run.url}${part.dataset.do}`;
    if (part instanceof HTMLFormElement) part.action = address;
    else part.setAttribute("formaction", address);
  }
  const form = maybe(card, "form[data-run-control]", HTMLFormElement);
  if (form) form.action = `${run.url}cancel`;
  const retry = maybe(card, "[data-retry]", HTMLFormElement);
  if (retry) retry.action = `${run.failures_url}retry`;
}
