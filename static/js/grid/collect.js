// Forms with [data-collect] put their images into a collection: a dialog asks into which, and the page stays as it is.

function textOf(tag, className, words) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = words;
  return element;
}

async function ask(address, options = {}) {
  const response = await fetch(address, { ...options, headers: { Accept: "application/json", ...options.headers } });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401) location.assign(`${answer.sign_in}?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!response.ok) throw new Error(answer.error ?? answer.detail ?? `The server answered ${response.status}. Try again.`);
  return answer;
}

class CollectDialog {
  #form;
  #dialog = document.createElement("dialog");
  #list = textOf("div", "collect-list", "");
  #said = textOf("p", "collect-said", "");
  #name = document.createElement("input");

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
    const { collections } = await ask(this.#form.dataset.choices);
    for (const one of collections) {
      const button = textOf("button", "", one.name);
      button.type = "button";
      button.addEventListener("click", () => this.#collect({ collection: one.id }));
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

  async #collect(into) {
    const body = new FormData();
    for (const id of new FormData(this.#form).getAll("image")) body.append("image", id);
    for (const [name, value] of Object.entries(into)) body.append(name, value);
    this.#said.className = "collect-said";
    try {
      const headers = { "X-CSRFToken": this.#form.dataset.token };
      const answer = await ask(this.#form.action, { method: "POST", body, headers });
      const link = textOf("a", "", "Open it");
      link.href = answer.collection.url;
      this.#said.replaceChildren(`${answer.message} `, link);
    } catch (error) {
      this.#said.classList.add("is-warning");
      this.#said.textContent = error.message;
    }
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-collect]");
  if (!form) return;
  event.preventDefault();
  try {
    await new CollectDialog(form).open();
  } catch {
    form.submit(); // the page without script asks the same
  }
});
