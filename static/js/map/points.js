// Reads the binary of a projection into the plot's own coordinates: both axes on one scale, the longer from -1 to 1.

const HEADER = 24;
const STEPS = 65_535;

export function decodePoints(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER || String.fromCharCode(...new Uint8Array(buffer, 0, 4)) !== "CSM1") {
    throw new Error("The server sent something that is not a map.");
  }
  const count = view.getUint32(4, true);
  if (buffer.byteLength < HEADER + 4 * count) throw new Error("The map arrived incomplete. Reload the page.");
  const [minX, minY, maxX, maxY] = [8, 12, 16, 20].map((offset) => view.getFloat32(offset, true));
  const width = maxX - minX || 1;
  const height = maxY - minY || 1;
  const longer = Math.max(width, height);
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    x[i] = ((2 * view.getUint16(HEADER + 2 * i, true)) / STEPS - 1) * (width / longer);
    y[i] = ((2 * view.getUint16(HEADER + 2 * (count + i), true)) / STEPS - 1) * (height / longer);
  }
  return { count, x, y };
}

export async function loadPoints(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The points of the map did not arrive: the server answered ${response.status}.`);
  return decodePoints(await response.arrayBuffer());
}
