// A box in a table's head marks, or clears, every box of its page.

for (const all of document.querySelectorAll("[data-choose]")) {
  const boxes = [...document.querySelectorAll(`input[name="${all.dataset.choose}"]`)];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  boxes.forEach((box) => box.addEventListener("change", show));
  all.hidden = false;
  show();
}
