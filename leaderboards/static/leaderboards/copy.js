// Buttons that copy the text named in data-copy; without this script the text can be copied by hand.

import { gettext } from "../annotations/texts.js";

async function copy(button) {
  const area = document.getElementById(button.dataset.copy);
  area.focus();
  area.select();
  let done = true;
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    done = false;
  }
  const said = done ? gettext("Copied.") : gettext("Selected. Copy it with the keyboard.");
  document.querySelector("[data-copied]").textContent = said;
  button.textContent = done ? gettext("Copied") : gettext("Selected");
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
