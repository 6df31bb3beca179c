// Touch on the map, which the drawing library leaves out: one finger moves, two zoom, a tap picks the nearest point.

const REACH = 24;
const TAP_SLACK = 10;

export function startTouch(canvas, plot, onTap) {
  const fingers = new Map();
  let travelled = 0;
  const place = (event) => [event.offsetX, event.offsetY];
  const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

  function pinch(before, after) {
    const [x, y] = middle(after);
    const [oldX, oldY] = middle(before);
    plot.pan(x - oldX, y - oldY);
    plot.zoomAt(spread(before) / Math.max(1, spread(after)), x, y);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
  });

  canvas.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const now = place(event);
    travelled += Math.hypot(now[0] - last[0], now[1] - last[1]);
    const before = [...fingers.values()];
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) pinch(before, [...fingers.values()]);
    else if (fingers.size === 1 && travelled > TAP_SLACK) plot.pan(now[0] - last[0], now[1] - last[1]);
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && !fingers.size && travelled <= TAP_SLACK) onTap(plot.nearest(...place(event), REACH));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}
