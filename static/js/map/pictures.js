// The view as a picture to keep: PNG as it is seen, SVG with its points and captions as shapes.
import { contextOf } from "../dom.js";

export const MOST_SHAPES = 60_000;

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {Caption[]} captions */
function captionsOf(captions) {
  const { left, top } = captions[0]?.button.offsetParent?.getBoundingClientRect() ?? { left: 0, top: 0 };
  return captions.map(({ button }) => {
    const box = button.getBoundingClientRect();
    const [x, y] = [box.left - left + box.width / 2, box.top - top + box.height / 2];
    return { text: button.textContent ?? "", x, y, style: getComputedStyle(button) };
  });
}

/**
 * @param {MapView} view
 * @param {Caption[]} captions
 * @param {string} name
 */
export async function savePNG(view, captions, name) {
  const picture = view.picture();
  const context = contextOf(picture);
  const ratio = picture.width / view.camera.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { text, x, y, style } of captionsOf(captions)) {
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = view.pageColour;
    context.strokeText(text, x, y);
    context.fillStyle = style.color;
    context.fillText(text, x, y);
  }
  /** @type {Blob | null} */
  const blob = await new Promise((made) => { picture.toBlob(made, "image/png"); });
  if (blob) save(blob, `${name}.png`);
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * Says how many of the points that are seen it holds: of more, a fair sample.
 * @param {MapView} view
 * @param {Caption[]} captions
 * @param {string} name
 */
export function saveSVG(view, captions, name) {
  const { width, height } = view.camera;
  const frame = view.frame();
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  let drawn = 0;
  for (let i = 0; i < view.points.loaded && drawn < MOST_SHAPES; i++) {
    const [x, y] = view.pixelsOf(i);
    if (x < 0 || y < 0 || x > width || y > height || !view.isShown(i)) continue;
    const opacity = frame.opacity * (view.marks[4 * i + 1] ? frame.behind : 1);
    const key = `stroke="${view.colourOf(i)}" stroke-opacity="${opacity.toFixed(2)}"`;
    const group = groups.get(key) ?? [];
    group.push(`M${x.toFixed(1)} ${y.toFixed(1)}h0`);
    groups.set(key, group);
    drawn += 1;
  }
  const paths = [...groups].map(([key, moves]) => `<path ${key} d="${moves.join("")}"/>`);
  const texts = captionsOf(captions).map(({ text, x, y, style }) => {
    const font = `font-size="${parseFloat(style.fontSize)}" font-weight="${style.fontWeight}" fill="${style.color}"`;
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${font}>${escaped(text)}</text>`;
  });
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}>`
    + `<rect width="100%" height="100%" fill="${view.pageColour}"/>`
    + `<g fill="none" stroke-width="${frame.size.toFixed(1)}" stroke-linecap="round">${paths.join("")}</g>`
    + '<g font-family="system-ui, sans-serif" text-anchor="middle" dominant-baseline="middle">'
    + `${texts.join("")}</g></svg>`;
  save(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  return drawn;
}
