// The view as a picture to keep: PNG as it is seen, SVG with its points and captions as shapes.

const MOST_SHAPES = 60_000;

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function captionsOf(captions) {
  const surface = captions.length ? captions[0].button.offsetParent.getBoundingClientRect() : null;
  return captions.map(({ button }) => {
    const box = button.getBoundingClientRect();
    return { text: button.textContent, x: box.left - surface.left + box.width / 2, y: box.top - surface.top + box.height / 2, style: getComputedStyle(button) };
  });
}

export async function savePNG(stage, captions, name) {
  const picture = stage.picture();
  const context = picture.getContext("2d");
  const ratio = picture.width / stage.camera.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { text, x, y, style } of captionsOf(captions)) {
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = stage.pageColour;
    context.strokeText(text, x, y);
    context.fillStyle = style.color;
    context.fillText(text, x, y);
  }
  const blob = await new Promise((made) => { picture.toBlob(made, "image/png"); });
  save(blob, `${name}.png`);
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// Says how many of the points that are seen it holds: of more, a fair sample.
export function saveSVG(stage, captions, name) {
  const { width, height } = stage.camera;
  const frame = stage.frame();
  const groups = new Map();
  let drawn = 0;
  for (let i = 0; i < stage.points.loaded && drawn < MOST_SHAPES; i++) {
    const [x, y] = stage.pixelsOf(i);
    if (x < 0 || y < 0 || x > width || y > height || !stage.isShown(i)) continue;
    const key = `${stage.colourOf(i)}" fill-opacity="${(frame.opacity * (stage.marks[4 * i + 1] ? frame.behind : 1)).toFixed(2)}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(`M${x.toFixed(1)} ${y.toFixed(1)}h0`);
    drawn += 1;
  }
  const paths = [...groups].map(([key, moves]) => `<path stroke="${key.replace("fill-opacity", "stroke-opacity")}" d="${moves.join("")}"/>`);
  const texts = captionsOf(captions).map(({ text, x, y, style }) => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${parseFloat(style.fontSize)}" font-weight="${style.fontWeight}" fill="${style.color}">${escaped(text)}</text>`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${stage.pageColour}"/>`
    + `<g fill="none" stroke-width="${frame.size.toFixed(1)}" stroke-linecap="round">${paths.join("")}</g>`
    + `<g font-family="system-ui, sans-serif" text-anchor="middle" dominant-baseline="middle">${texts.join("")}</g></svg>`;
  save(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  return drawn;
}
