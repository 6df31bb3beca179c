// Sends the files of a form while saying how much has arrived; without this script the browser sends them all the same.
// Where they were taken the server answers with the address to go on to, else with the page that says what is wrong.
import { all, maybe, one } from "../dom.js";
import { bytes, duration } from "../words.js";

const FORM = "form[enctype='multipart/form-data']";
const STARTS_TELLING = 1; // seconds, before which a speed says nothing

class Upload {
  #panel;
  #stop;
  /** @type {XMLHttpRequest | null} */
  #request = null;

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.#panel = panel;
    this.#stop = one(panel, "[data-upload-stop]", HTMLButtonElement);
    this.#stop.addEventListener("click", () => this.#request?.abort());
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.matches(FORM) || !hasFiles(form)) return;
      event.preventDefault();
      this.#begin(form, event.submitter);
    });
  }

  /** @param {string} words */
  #say(words) {
    one(this.#panel, "[data-upload-words]", HTMLElement).textContent = words;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  #begin(form, submitter) {
    const body = new FormData(form, submitter);
    this.#panel.hidden = false;
    this.#stop.hidden = false;
    this.#panel.scrollIntoView({ block: "nearest" });
    this.#say("");
    this.#send(form, body);
    setDisabled(form, true);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {FormData} body
   */
  #send(form, body) {
    const request = new XMLHttpRequest(); // which, unlike fetch, tells how much it has sent
    const since = performance.now();
    const end = (/** @type {string} */ words) => this.#end(form, words);
    request.upload.addEventListener("progress", ({ loaded, total }) => this.#show(loaded, total, since));
    request.addEventListener("load", () => this.#answer(form, request));
    request.addEventListener("error", () => end("The connection broke. Nothing was kept; send them again."));
    request.addEventListener("abort", () => end("Stopped. Nothing was kept."));
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "application/json, text/html");
    window.addEventListener("beforeunload", warn);
    request.addEventListener("loadend", () => window.removeEventListener("beforeunload", warn));
    request.send(body);
    this.#request = request;
  }

  /**
   * @param {number} sent bytes
   * @param {number} total bytes
   * @param {number} since milliseconds
   */
  #show(sent, total, since) {
    const seconds = (performance.now() - since) / 1000;
    one(this.#panel, "[data-upload-bar]", HTMLProgressElement).value = total ? sent / total : 0;
    if (sent >= total) {
      this.#say("All sent; the server is checking and keeping them.");
      return;
    }
    const speed = sent / seconds;
    const isKnown = seconds > STARTS_TELLING && speed > 0;
    const left = isKnown ? `, ${bytes(speed)}/s, about ${duration((total - sent) / speed)} left` : "";
    this.#say(`${bytes(sent)} of ${bytes(total)}${left}`);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {XMLHttpRequest} request
   */
  #answer(form, request) {
    window.removeEventListener("beforeunload", warn);
    if (request.getResponseHeader("Content-Type")?.startsWith("application/json")) {
      location.assign(JSON.parse(request.responseText).address);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = maybe(page, FORM, HTMLFormElement);
    const refused = "Nothing was kept: the server did not take the files. Reload the page, and try again.";
    this.#end(form, fresh ? "" : refused);
    if (!fresh) return;
    document.title = page.title;
    form.replaceWith(document.importNode(fresh, true));
    this.#panel.hidden = true;
    maybe(document, `${FORM} .errornote`, HTMLElement)?.scrollIntoView({ block: "center" });
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} words
   */
  #end(form, words) {
    this.#say(words);
    this.#stop.hidden = true;
    setDisabled(form, false);
  }
}

/** @param {HTMLFormElement} form */
function hasFiles(form) {
  return all(form, "input[type=file]", HTMLInputElement).some((input) => input.files?.length);
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} isDisabled
 */
function setDisabled(form, isDisabled) {
  for (const button of all(form, "[type=submit]", HTMLElement)) button.toggleAttribute("disabled", isDisabled);
}

/** @param {Event} event */
function warn(event) {
  event.preventDefault();
}

const panel = maybe(document, "[data-upload]", HTMLElement);
if (panel) new Upload(panel);
