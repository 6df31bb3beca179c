// The search field: chips whose sign and weight can be changed, and pictures that are pasted, dropped, chosen or named.
// Every change asks anew; the server writes the chips, so that one place alone reads and writes the syntax.
import { all, maybe, one } from "../dom.js";
import { postJSON, sentenceOf } from "../http.js";
import { focusKept, keepFocus } from "./chip-focus.js";
import { makeSignChangeable, makeWeightChangeable, weightOf } from "./chips.js";
import { takeDropped, takePasted, termOf } from "./picture-input.js";
import { composed, withTerm } from "./query.js";

const MOST_BYTES = 20 * 2 ** 20;

class Composer {
  #composer;
  #form;
  #field;
  #said;
  #pictureForm;
  #panel;
  /** @type {string | null} */
  #asked = null; // what is asked instead of what the field and the chips say

  /** @param {HTMLElement} composer */
  constructor(composer) {
    this.#composer = composer;
    this.#form = one(composer, "[data-search]", HTMLFormElement);
    this.#field = one(this.#form, "input[type=search]", HTMLInputElement);
    this.#said = one(composer, "[data-said]", HTMLElement);
    this.#pictureForm = one(composer, "[data-picture-form]", HTMLFormElement);
    this.#panel = one(composer, "[data-picture]", HTMLDetailsElement);
    this.#start();
    this.#startPanel();
  }

  get #chips() {
    return all(this.#form, "[data-term]", HTMLElement);
  }

  /** @param {(chip: HTMLElement) => number} [weigh] */
  #query(weigh = weightOf) {
    const parts = this.#chips.map((chip) => ({ term: chip.dataset.term ?? "", weight: weigh(chip) }));
    return composed(this.#field.value.trim(), parts);
  }

  #start() {
    const [form, field] = [this.#form, this.#field];
    if (form.hasAttribute("data-composed")) field.value = field.dataset.words ?? "";
    form.classList.add("is-ready");
    field.required = !this.#chips.length;
    for (const chip of this.#chips) this.#startChip(chip);
    focusKept(this.#chips, field);
    form.addEventListener("formdata", ({ formData }) => formData.set("q", this.#asked ?? this.#query()));
    field.addEventListener("keydown", (event) => {
      const last = this.#chips.at(-1);
      if (event.key !== "Backspace" || field.value || !last) return;
      event.preventDefault();
      one(last, "[data-remove]", HTMLElement).click();
    });
  }

  // --- Asking -------------------------------------------------------------------------------------------------------
  /**
   * Asks, and leaves the page as it is: the browser may come back to it as it was left.
   * @param {string} text
   */
  #ask(text) {
    const wasRequired = this.#field.required;
    this.#field.required = false;
    this.#asked = text;
    this.#form.requestSubmit();
    this.#asked = null;
    this.#field.required = wasRequired;
  }

  /**
   * Adds a term in the written syntax, such as `image:12` or `- image:12`, and asks.
   * @param {string} term
   */
  addTerm(term) {
    this.#ask(withTerm(this.#query(), term));
  }

  /**
   * @param {string} sentence
   * @param {boolean} isWarning
   */
  #say(sentence, isWarning) {
    this.#said.textContent = sentence;
    this.#said.hidden = !sentence;
    this.#said.setAttribute("role", isWarning ? "alert" : "status");
    this.#said.classList.toggle("is-warning", isWarning);
  }

  // --- Chips --------------------------------------------------------------------------------------------------------
  /** @param {HTMLElement} chip */
  #startChip(chip) {
    makeSignChangeable(chip, () => {
      const text = this.#query((each) => (each === chip ? -weightOf(each) : weightOf(each)));
      keepFocus(text, chip.dataset.term, ".term-sign");
      this.#ask(text);
    });
    makeWeightChangeable(chip, () => keepFocus(this.#query(), chip.dataset.term, ".term-size"));
    one(chip, "[data-remove]", HTMLElement).addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#remove(chip);
    });
  }

  /**
   * Where nothing is left, there is nothing to ask.
   * @param {HTMLElement} chip
   */
  #remove(chip) {
    const rest = this.#query((each) => (each === chip ? 0 : weightOf(each)));
    if (rest) {
      const next = chip.nextElementSibling;
      keepFocus(rest, next instanceof HTMLElement ? next.dataset.term : undefined, "[data-remove]");
      this.#ask(rest);
      return;
    }
    chip.remove();
    this.#form.removeAttribute("data-composed");
    this.#field.required = true;
    this.#form.dispatchEvent(new Event("emptied", { bubbles: true }));
    this.#field.focus();
  }

  // --- Pictures -----------------------------------------------------------------------------------------------------
  /**
   * The term that stands for a picture, once the server has it. Raises an Error with a sentence.
   * @param {File} file
   */
  async #uploaded(file) {
    if (file.size > MOST_BYTES) throw new Error("The picture is larger than 20 MB. Search with a smaller copy of it.");
    const body = new FormData();
    body.append("picture", file);
    const failure = "The picture was not taken: the server answered {status}.";
    /** @type {{ term: string }} */
    const { term } = await postJSON(this.#pictureForm.action, body, failure);
    return term;
  }

  /** @param {File[]} files */
  async searchWith(files) {
    if (this.#composer.hasAttribute("aria-busy")) return;
    this.#composer.setAttribute("aria-busy", "true");
    this.#say(files.length > 1 ? `Uploading ${files.length} pictures` : "Uploading the picture", false);
    try {
      const terms = [];
      for (const file of files) terms.push(await this.#uploaded(file));
      this.addTerm(terms.join(" + "));
    } catch (error) {
      const isCutOff = error instanceof TypeError;
      this.#say(isCutOff ? "The server cannot be reached; the picture was not taken." : sentenceOf(error), true);
    } finally {
      this.#composer.removeAttribute("aria-busy");
    }
  }

  #startPanel() {
    const panel = this.#panel;
    const file = one(panel, "[type=file]", HTMLInputElement);
    const address = one(panel, "[name=address]", HTMLInputElement);
    file.addEventListener("change", () => {
      panel.open = false;
      if (file.files?.length) this.searchWith([...file.files]);
      file.value = "";
    });
    this.#pictureForm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (address.value.trim()) this.addTerm(termOf(address.value.trim()));
      else file.click();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !panel.open) return;
      panel.open = false;
      one(panel, "summary", HTMLElement).focus();
    });
  }

  /** @param {EventTarget | null} target */
  closePanelUnlessIn(target) {
    if (!(target instanceof Node && this.#panel.contains(target))) this.#panel.open = false;
  }

  /**
   * Gives its place to the field as the server wrote it since.
   * @param {HTMLElement} next
   */
  replacedBy(next) {
    const hadFocus = this.#composer.contains(document.activeElement);
    this.#composer.replaceWith(next);
    const composer = new Composer(next);
    if (hadFocus && !next.contains(document.activeElement)) composer.#field.focus();
    return composer;
  }
}

const found = maybe(document, "[data-composer]", HTMLElement);
let composer = found && new Composer(found);

/**
 * Adds a term in the written syntax, such as `image:12` or `- image:12`, and asks.
 * @param {string} term
 */
function addTerm(term) {
  composer?.addTerm(term);
}

/**
 * A page that answers without loading anew shows the field as the server then writes it.
 * @param {HTMLElement} next
 */
export function replaceComposer(next) {
  composer = composer && composer.replacedBy(next);
}

if (composer) {
  /** @param {File[]} files */
  const searchWith = (files) => composer?.searchWith(files);
  takeDropped(addTerm, searchWith);
  takePasted(searchWith);
  document.addEventListener("click", ({ target }) => composer?.closePanelUnlessIn(target));
}
