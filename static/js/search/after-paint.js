// Resolves once the browser has shown what the server sent and the first image of the page: what scripts add can wait
// for that, and not the other way round. An image that is long in coming is waited for no longer than it takes to
// notice that.
import { maybe } from "../dom.js";

const PATIENCE = 150;

function firstImage() {
  const image = maybe(document, "[data-grid] img", HTMLImageElement);
  if (!image || image.complete) return null;
  return new Promise((arrived) => {
    image.addEventListener("load", arrived, { once: true });
    image.addEventListener("error", arrived, { once: true });
    setTimeout(arrived, PATIENCE);
  });
}

const frame = () => new Promise((begun) => { requestAnimationFrame(begun); });

async function shown() {
  if (document.hidden) return; // nothing is drawn, so nothing waits
  await frame();
  await firstImage();
  await frame();
  await frame();
}

export const painted = shown();
