// Sets the theme that the visitor chose, and shows what needs a script, before the first paint: shown later, it would move
// what stands beside it. A classic script, because modules run after it.
document.documentElement.classList.add("has-script");
if (navigator.clipboard) document.documentElement.classList.add("can-copy");
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme then holds.
}
