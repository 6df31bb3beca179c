// One tick for all files on the page, where there is JavaScript.
import { all, maybe, one } from "../dom.js";

const holder = maybe(document, "[data-tick-all]", HTMLElement);

if (holder) {
  const whole = one(holder, "input", HTMLInputElement);
  const ticks = all(document, 'input[name="entry"]', HTMLInputElement);
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    whole.checked = ticked === ticks.length;
    whole.indeterminate = ticked > 0 && ticked < ticks.length;
  };
  holder.hidden = false;
  whole.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = whole.checked;
  });
  for (const tick of ticks) tick.addEventListener("change", show);
  show();
}
