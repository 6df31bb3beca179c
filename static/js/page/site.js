// What every page has: the theme button, "/" to search, "?" for the list of keys.

const THEMES = ["auto", "light", "dark"];

function showTheme(button, theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  button.setAttribute("aria-label", `Theme: ${theme}. Switch to ${next}`);
  button.title = `Theme: ${theme}`;
}

function keepTheme(theme) {
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function startThemeButton(button) {
  let theme = document.documentElement.dataset.theme ?? "auto";
  showTheme(button, theme);
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    keepTheme(theme);
    showTheme(button, theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-search] input[type=search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "?") {
    document.querySelector("[data-shortcuts]")?.showModal();
  }
}

// An address says only what is asked: fields that were left empty stay out of it.
function leaveOutEmpty({ formData }) {
  for (const name of new Set(formData.keys())) {
    const given = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    given.forEach((value) => formData.append(name, value));
  }
}

const themeButton = document.querySelector("[data-theme-toggle]");
if (themeButton) startThemeButton(themeButton);
document.addEventListener("keydown", onKey);
document.querySelectorAll("form[data-tidy]").forEach((form) => form.addEventListener("formdata", leaveOutEmpty));
