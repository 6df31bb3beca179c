// What each saved search finds now, asked for once it comes into view, one search at a time.

let last = Promise.resolve();

async function fill(place) {
  place.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(place.dataset.glimpse, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const piece = new DOMParser().parseFromString(await response.text(), "text/html");
    place.replaceChildren(...piece.body.children);
  } catch {
    const sentence = document.createElement("p");
    sentence.className = "glimpse-said is-warning";
    sentence.textContent = "What it finds did not arrive. Open it to search.";
    place.replaceChildren(sentence);
  }
  place.removeAttribute("aria-busy");
}

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    observer.unobserve(entry.target);
    last = last.then(() => fill(entry.target));
  }
}, { rootMargin: "200px" });

document.querySelectorAll("[data-glimpse]").forEach((place) => observer.observe(place));
