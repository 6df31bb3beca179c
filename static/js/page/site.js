// What every page has: the theme button, "/" to search, "?" for the list of keys.
import { all, maybe } from "../dom.js";

const THEMES = ["auto", "light", "dark"];

/**
 * @param {HTMLElement} button
 * @param {string} theme
 */
function showTheme(button, theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-label", `Theme: ${theme}. Switch to ${nextTheme(theme)}`);
  button.title = `Theme: ${theme}`;
}

/** @param {string} theme */
function nextTheme(theme) {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
}

/** @param {string} theme */
function keepTheme(theme) {
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** @param {HTMLElement} button */
function startThemeButton(button) {
  let theme = document.documentElement.dataset.theme ?? "auto";
  showTheme(button, theme);
  button.addEventListener("click", () => {
    theme = nextTheme(theme);
    keepTheme(theme);
    showTheme(button, theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    const field = maybe(document, "[data-search] input[type=search]", HTMLInputElement);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "?") {
    maybe(document, "[data-shortcuts]", HTMLDialogElement)?.showModal();
  }
}

/**
 * An address says only what is asked: fields that were left empty stay out of it.
 * @param {FormDataEvent} event
 */
function leaveOutEmpty({ formData }) {
  for (const name of new Set(formData.keys())) {
    const given = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    given.forEach((value) => formData.append(name, value));
  }
}

const themeButton = maybe(document, "[data-theme-toggle]", HTMLElement);
if (themeButton) startThemeButton(themeButton);
document.addEventListener("keydown", onKey);
all(document, "form[data-tidy]", HTMLFormElement).forEach((form) => form.addEventListener("formdata", leaveOutEmpty));
