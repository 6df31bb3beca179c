// A notification of the browser and the title of the page tell that a run has ended. Permission is asked for by the
// button only.
import { maybe } from "../dom.js";

const button = maybe(document, "[data-notify]", HTMLButtonElement);
let isOn = false;
let endedTitle = "";

/** @param {boolean} on */
function remember(on) {
  try {
    if (on) localStorage.setItem("notify-runs", "yes");
    else localStorage.removeItem("notify-runs");
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function wasOn() {
  try {
    return localStorage.getItem("notify-runs") === "yes";
  } catch {
    return false;
  }
}

/** @param {HTMLButtonElement} button */
function show(button) {
  button.setAttribute("aria-pressed", String(isOn));
  if (Notification.permission === "denied") {
    button.disabled = true;
    button.title = "This browser forbids notifications of this site; allow them in its settings.";
  }
}

/** @param {HTMLButtonElement} button */
async function press(button) {
  if (isOn) isOn = false;
  else isOn = Notification.permission === "granted" || (await Notification.requestPermission()) === "granted";
  remember(isOn);
  show(button);
}

/**
 * Says it in the title until somebody looks, and by a notification where that was asked for and nobody looks.
 * @param {RunState} run
 */
export function tellEnd(run) {
  if (document.hasFocus()) return;
  const said = `${run.dataset.name}: ${run.kind_label} ${run.state_label}`;
  endedTitle = `(${run.state_label}) ${said}`;
  if (!isOn) return;
  const icon = maybe(document, 'link[rel="icon"]', HTMLLinkElement)?.href;
  const note = new Notification(said, { body: run.message, tag: `run-${run.id}`, icon });
  note.addEventListener("click", () => {
    window.focus();
    location.href = run.url;
  });
}

export function titleOfEnd() {
  return endedTitle;
}

window.addEventListener("focus", () => {
  endedTitle = "";
});

if (button && "Notification" in window) {
  isOn = wasOn() && Notification.permission === "granted";
  button.hidden = false;
  button.addEventListener("click", () => press(button).catch(() => {}));
  show(button);
}
