// Sorts the board's table in the page; without this script the same links ask the server.

function compare(a, b, numeric) {
  if (a === "" || b === "") {
    return (a === "") - (b === "");
  }
  return numeric ? Number(a) - Number(b) : a < b ? -1 : Number(a > b);
}

function sortBy(table, header, next) {
  const column = header.cellIndex;
  const descending = next.startsWith("-");
  const numeric = header.classList.contains("number");
  // Each part that votes connect by itself, below its title.
  for (const body of table.tBodies) {
    const systems = body.querySelectorAll("tr:not(.group)");
    const rows = Array.from(systems, (row) => ({ row, value: row.cells[column].dataset.value }));
    rows.sort((a, b) => {
      // Undefined stays last in both directions.
      const defined = a.value !== "" && b.value !== "";
      return compare(a.value, b.value, numeric) * (descending && defined ? -1 : 1);
    });
    body.append(...rows.map(({ row }) => row));
  }
  for (const other of table.tHead.rows[0].cells) {
    other.removeAttribute("aria-sort");
  }
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

// On the document: the board is put in anew when a newer one is there.
document.addEventListener("click", (event) => {
  const link = event.target.closest("table[data-sortable] thead a[data-next]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  event.preventDefault();
  const next = link.dataset.next;
  sortBy(link.closest("table"), link.closest("th"), next);
  history.replaceState(null, "", link.href);
  link.dataset.next = next.startsWith("-") ? next.slice(1) : `-${next}`;
  const address = new URL(link.href);
  address.searchParams.set("sort", link.dataset.next);
  link.href = address.href;
});
