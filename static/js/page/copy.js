// Buttons that copy the address of something; where the browser cannot, they are not shown.
import { around, one } from "../dom.js";

document.addEventListener("click", async (event) => {
  const button = around(event, "[data-copy]", HTMLElement);
  if (!button) return;
  const words = one(button, "[data-copy-words]", HTMLElement);
  try {
    await navigator.clipboard.writeText(new URL(button.dataset.copy ?? "", location.href).href);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Not allowed";
  }
});
