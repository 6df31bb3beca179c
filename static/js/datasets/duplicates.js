// The slider of the page of copies: says what the groups would be before they are made anew.

function start(form) {
  const counts = document.getElementById("likeness-counts");
  if (!counts) return;
  const preview = JSON.parse(counts.textContent);
  const slider = form.querySelector("input[type=range]");
  const shown = form.querySelector("[data-preview]");
  const show = () => {
    const chosen = Number(slider.value);
    const at = preview.filter((one) => one.distance <= chosen).at(-1);
    shown.textContent = `${chosen}: ${at.groups.toLocaleString("en")} groups, ${at.images.toLocaleString("en")} images`;
  };
  slider.addEventListener("input", show);
  show();
}

document.querySelectorAll("[data-likeness]").forEach(start);
