// Buttons that copy the address of something; where the browser cannot, they are not shown.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("[data-copy-words]");
  try {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Not allowed";
  }
});
