// Forms with [data-collect] put their images into a collection: a dialog asks into which, and the page stays as it is.
import { around } from "../dom.js";
import { getJSON, postJSON, RequestFailed, sentenceOf } from "../http.js";

const FAILURE = "The server answered {status}. Try again.";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {string} words
 */
function textOf(tag, className, words) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = words;
  return element;
}

/**
 * Who was signed out meanwhile goes to the page where one signs in, and comes back from there.
 * @param {unknown} error
 */
function followSignIn(error) {
  const address = error instanceof RequestFailed && error.status === 401 && error.problem.sign_in;
  if (address) location.assign(`${address}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

class CollectDialog {
  #form;
  #dialog = document.createElement("dialog");
  #list = textOf("div", "collect-list", "");
  #said = textOf("p", "collect-said", "");
  #name = document.createElement("input");

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    const title = textOf("h2", "", "Add to a collection");
    title.id = "collect-title";
    this.#dialog.className = "collect-dialog";
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#said.setAttribute("role", "status");
    const close = textOf("button", "button", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.append(title, this.#list, this.#nameForm(), this.#said, close);
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
  }

  async open() {
    /** @type {{ collections: { id: number, name: string }[] }} */
    const { collections } = await getJSON(this.#form.dataset.choices ?? "", FAILURE);
    for (const { id, name } of collections) {
      const button = textOf("button", "", name);
      button.type = "button";
      button.addEventListener("click", () => this.#collect({ collection: String(id) }));
      this.#list.append(button);
    }
    this.#list.hidden = !collections.length;
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    if (!collections.length) this.#name.focus();
  }

  #nameForm() {
    const form = document.createElement("form");
    form.className = "kept-line";
    this.#name.required = true;
    this.#name.maxLength = 120;
    this.#name.placeholder = "A new collection";
    this.#name.autocomplete = "off";
    this.#name.setAttribute("aria-label", "Name of a new collection");
    form.append(this.#name, textOf("button", "button", "Create and add"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#collect({ name: this.#name.value });
    });
    return form;
  }

  /** @param {Record<string, string>} into */
  async #collect(into) {
    const body = new FormData();
    for (const id of new FormData(this.#form).getAll("image")) body.append("image", id);
    for (const [name, value] of Object.entries(into)) body.append(name, value);
    this.#said.className = "collect-said";
    try {
      /** @type {{ collection: CollectionLink, message: string }} */
      const answer = await postJSON(this.#form.action, body, FAILURE);
      const link = textOf("a", "", "Open it");
      link.href = answer.collection.url;
      this.#said.replaceChildren(`${answer.message} `, link);
    } catch (error) {
      followSignIn(error);
      this.#said.classList.add("is-warning");
      this.#said.textContent = sentenceOf(error);
    }
  }
}

document.addEventListener("submit", async (event) => {
  const form = around(event, "form[data-collect]", HTMLFormElement);
  if (!form) return;
  event.preventDefault();
  try {
    await new CollectDialog(form).open();
  } catch (error) {
    followSignIn(error);
    form.submit(); // the page without script asks the same
  }
});
