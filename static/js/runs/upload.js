// Sends the files of a form while saying how much has arrived; without this script the browser sends them all the same.
import { sayDuration } from "./run-card.js";

const panel = document.querySelector("[data-upload]");
const form = document.querySelector("form[enctype='multipart/form-data']");
const STARTS_TELLING = 1; // seconds, before which a speed says nothing

function sayBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let number = bytes;
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return `${number.toFixed(unit && number < 100 ? 1 : 0)} ${units[unit]}`;
}

function hasFiles() {
  return [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length > 0);
}

function say(words) {
  panel.querySelector("[data-upload-words]").textContent = words;
}

function show(sent, total, since) {
  const seconds = (performance.now() - since) / 1000;
  panel.querySelector("[data-upload-bar]").value = total ? sent / total : 0;
  if (sent >= total) {
    say("All sent; the server is checking and keeping them.");
    return;
  }
  const speed = sent / seconds;
  const left = seconds > STARTS_TELLING && speed > 0 ? `, ${sayBytes(speed)}/s, about ${sayDuration((total - sent) / speed)} left` : "";
  say(`${sayBytes(sent)} of ${sayBytes(total)}${left}`);
}

function send(submitter) {
  const request = new XMLHttpRequest();
  const since = performance.now();
  request.upload.addEventListener("progress", (event) => show(event.loaded, event.total, since));
  // The page that the answer is, with its messages, which are told once: shown as the browser itself would have.
  request.addEventListener("load", () => {
    history.replaceState(null, "", request.responseURL);
    document.open();
    document.write(request.responseText);
    document.close();
  });
  request.addEventListener("error", () => end("The connection broke. Nothing was kept; send them again."));
  request.addEventListener("abort", () => end("Stopped. Nothing was kept."));
  request.open("POST", form.action || location.href);
  request.send(new FormData(form, submitter));
  panel.querySelector("[data-upload-stop]").onclick = () => request.abort();
  window.addEventListener("beforeunload", warn);
  request.addEventListener("loadend", () => window.removeEventListener("beforeunload", warn));
}

function warn(event) {
  event.preventDefault();
}

function end(words) {
  say(words);
  panel.querySelector("[data-upload-stop]").hidden = true;
  form.querySelectorAll("[type=submit]").forEach((button) => (button.disabled = false));
}

if (panel && form) {
  form.addEventListener("submit", (event) => {
    if (!hasFiles()) return;
    event.preventDefault();
    panel.hidden = false;
    panel.querySelector("[data-upload-stop]").hidden = false;
    panel.scrollIntoView({ block: "nearest" });
    say("");
    send(event.submitter);
    form.querySelectorAll("[type=submit]").forEach((button) => (button.disabled = true));
  });
}
