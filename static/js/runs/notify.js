// A notification of the browser and the title of the page tell that a run has ended. Permission is asked for by the button only.

const button = document.querySelector("[data-notify]");
let isOn = false;
let endedTitle = "";

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

function show() {
  button.setAttribute("aria-pressed", String(isOn));
  if (Notification.permission === "denied") {
    button.disabled = true;
    button.title = "This browser forbids notifications of this site; allow them in its settings.";
  }
}

async function press() {
  if (isOn) isOn = false;
  else isOn = Notification.permission === "granted" || (await Notification.requestPermission()) === "granted";
  remember(isOn);
  show();
}

// Says it in the title until somebody looks, and by a notification where that was asked for and nobody looks.
export function tellEnd(run) {
  if (document.hasFocus()) return;
  const said = `${run.dataset.name}: ${run.kind_label} ${run.state_label}`;
  endedTitle = `(${run.state_label}) ${said}`;
  if (!isOn) return;
  const note = new Notification(said, { body: run.message, tag: `run-${run.id}`, icon: document.querySelector('link[rel="icon"]')?.href });
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
  button.addEventListener("click", () => press().catch(() => {}));
  show();
}
