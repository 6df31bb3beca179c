// Covers of datasets and collections show placeholders until their images arrive.
import { paint } from "./placeholders.js";

paint(document.querySelectorAll(".cover-image"));
