// Covers of datasets and collections show placeholders until their images arrive.
import { all } from "../dom.js";
import { paint } from "./thumbhash.js";

paint(all(document, ".cover-image", HTMLElement));
