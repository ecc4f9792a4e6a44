// On the page that ends the rating: what was said in this browser and never reached the server is not called saved.

import { keyOf, read } from "./storage.js";
import { ngettext } from "./texts.js";

const note = document.querySelector("[data-unsent]");
const n = read(keyOf("unsaved", note.dataset.unsent)).length;

if (n) {
  note.textContent = ngettext(
    "{n} answer has not reached the site. It is kept in this browser and sent when you rate here again; if rating does not go on, tell the researchers.",
    "{n} answers have not reached the site. They are kept in this browser and sent when you rate here again; if rating does not go on, tell the researchers.",
    { n },
  );
  note.hidden = false;
  for (const saved of document.querySelectorAll("[data-all-saved]")) saved.hidden = true;
}
