// Covers of datasets and collections show placeholders until their images arrive.
import { paint } from "./thumbhash.js";

paint(document.querySelectorAll(".cover-image"));
