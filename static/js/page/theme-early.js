// Sets the theme that the visitor chose, and shows what needs a script, before the first paint: shown later, it would
// move what stands beside it. A classic script, because modules run after it.
document.documentElement.classList.add("has-script");
// The last row of a grid changes with each image that is read, so rows are shown once they are whole: with the first
// paint where the browser lets it wait for them, else when the page has been read to its end.
{
  const rows = /** @type {BlockingLink | null} */ (document.querySelector("link[rel=expect]"));
  const showRows = () => document.documentElement.classList.add("is-whole");
  if (rows?.relList.supports("expect") && rows.blocking?.supports("render")) showRows();
  else document.addEventListener("readystatechange", showRows, { once: true });
}
if (navigator.clipboard) document.documentElement.classList.add("can-copy");
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme then holds.
}
