// A button that copies what a field holds; it appears where the browser lets a page copy.

const status = document.querySelector("[data-copy-status]");

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = "Copied";
  } catch {
    status.textContent = "The browser does not let this page copy. The link is selected: press Ctrl and C.";
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await copy(document.getElementById(button.dataset.copy));
    if (status.textContent === "Copied") button.textContent = "Copied";
  });
}
