// A box marks, or clears, every box of its page; what is to be done with the marked ones asks for one at least.

import { gettext } from "./texts.js";

for (const all of document.querySelectorAll("[data-choose]")) {
  const boxes = [...document.querySelectorAll(`input[name="${all.dataset.choose}"]`)];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    boxes[0]?.setCustomValidity("");
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  all.form.addEventListener("submit", (event) => {
    if (boxes.some((box) => box.checked)) return;
    event.preventDefault();
    boxes[0].setCustomValidity(gettext("Select at least one annotator first."));
    boxes[0].reportValidity();
  });
  all.parentElement.hidden = false;
  show();
}
