// Sets the theme that the visitor chose, and shows what needs a script, before the first paint: shown later, it would move
// what stands beside it. A classic script, because modules run after it.
document.documentElement.classList.add("has-script");
// The page has been read to its end: until then the last row of a grid changes with each image that is read.
document.addEventListener("readystatechange", () => document.documentElement.classList.add("is-whole"), { once: true });
if (navigator.clipboard) document.documentElement.classList.add("can-copy");
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme then holds.
}
