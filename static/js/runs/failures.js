// One tick for all files on the page, where there is JavaScript.
const holder = document.querySelector("[data-tick-all]");

if (holder) {
  const all = holder.querySelector("input");
  const ticks = [...document.querySelectorAll('input[name="entry"]')];
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    all.checked = ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  };
  holder.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
  });
  for (const tick of ticks) tick.addEventListener("change", show);
  show();
}
