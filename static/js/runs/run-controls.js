// Pausing, resuming, cancelling and hurrying runs without leaving the page: the socket then says what became of it.

const dialog = document.querySelector("[data-confirm]");

function isConfirmed() {
  if (!dialog) return Promise.resolve(true);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function send(form, submitter) {
  const address = submitter?.getAttribute("formaction") ?? form.action;
  if (submitter?.dataset.do === "cancel" && !(await isConfirmed())) return;
  submitter.disabled = true;
  try {
    // The answer leads back to the page that is open already, so it is not followed.
    const answer = await fetch(address, { method: "POST", body: new FormData(form, submitter), redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(`status ${answer.status}`);
  } catch {
    submitter.disabled = false;
    sendAsEver(form, submitter);
  } finally {
    submitter.disabled = false;
  }
}

function sendAsEver(form, submitter) {
  form.dataset.asEver = "";
  form.requestSubmit(submitter);
}

export function startControls(page) {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-run-control]") || "asEver" in form.dataset) return;
    event.preventDefault();
    send(form, event.submitter).catch(() => {});
  });
}

// Addresses of a run in the controls of its card.
export function addressControls(card, run) {
  for (const part of card.querySelectorAll("[data-do]")) {
    const address = `${run.url}${part.dataset.do}`;
    if (part instanceof HTMLFormElement) part.action = address;
    else part.setAttribute("formaction", address);
  }
  const form = card.querySelector("form[data-run-control]");
  if (form) form.action = `${run.url}cancel`;
  const retry = card.querySelector("[data-retry]");
  if (retry) retry.action = `${run.failures_url}retry`;
}
