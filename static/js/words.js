// Numbers in words, as the server writes them (search/wording.py): for what changes while somebody looks, such as the
// time that a run has taken, and so cannot come from there.

/** @param {number} number */
export function count(number) {
  return number.toLocaleString("en");
}

/**
 * "1 image", "1,200 images".
 * @param {number} number
 * @param {string} noun
 */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** @param {number} number */
export function bytes(number) {
  let unit = 0;
  let scaled = number;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${scaled.toFixed(unit && scaled < 100 ? 1 : 0)} ${UNITS[unit]}`;
}
