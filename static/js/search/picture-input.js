// Pictures that come from elsewhere: dropped on the page, as files, as images of this site or as addresses, and pasted.
import { around } from "../dom.js";

const MOST_FILES = 4;

/**
 * An image of this site by its page or thumbnail, else an address.
 * @param {string} address
 */
export function termOf(address) {
  const url = new URL(address, location.href);
  const own = url.origin === location.origin && url.pathname.match(/\/image\/(\d+)\//);
  return own ? `image:${own[1]}` : `url:"${url.href}"`;
}

function addDropPlace() {
  const place = document.createElement("div");
  place.className = "drop";
  place.textContent = "Drop the picture to search with it";
  place.hidden = true;
  document.body.append(place);
  return place;
}

/**
 * Calls `takeTerm` with what an address stands for, or `takeFiles` with pictures, whatever comes first.
 * @param {(term: string) => void} takeTerm
 * @param {(files: File[]) => void} takeFiles
 */
export function takeDropped(takeTerm, takeFiles) {
  const place = addDropPlace();
  let depth = 0;
  let isOwn = false; // something of this page, other than an image, is dragged
  /** @param {DragEvent} event */
  const isTaken = ({ dataTransfer }) => {
    const types = dataTransfer?.types ?? [];
    return !isOwn && (types.includes("Files") || types.includes("text/uri-list"));
  };
  /** @param {boolean} isShown */
  const show = (isShown) => {
    place.hidden = !isShown;
    if (!isShown) depth = 0;
  };
  document.addEventListener("dragstart", (event) => {
    isOwn = !around(event, "a[href*='/image/']", HTMLElement);
  });
  document.addEventListener("dragend", () => { isOwn = false; show(false); });
  document.addEventListener("dragenter", (event) => {
    if (!isTaken(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!isTaken(event)) return;
    depth -= 1;
    if (depth <= 0) show(false);
  });
  document.addEventListener("dragover", (event) => { if (isTaken(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const data = event.dataTransfer;
    if (!data || !isTaken(event)) return;
    event.preventDefault();
    show(false);
    const address = data.getData("text/uri-list").split(/\r?\n/).find((line) => /^https?:/i.test(line));
    const files = [...data.files].slice(0, MOST_FILES);
    if (address) takeTerm(termOf(address));
    else if (files.length) takeFiles(files);
  });
}

/** @param {(files: File[]) => void} takeFiles */
export function takePasted(takeFiles) {
  document.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    const pictures = [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    // Office programs put a picture beside the text that they copy; the text is meant.
    if (!pictures.length || data?.getData("text/plain")) return;
    event.preventDefault();
    takeFiles(pictures.slice(0, MOST_FILES));
  });
}
