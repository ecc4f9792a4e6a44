// Marks in the summaries shown, as <mark> elements around their words.

import { boxOf, placesOf } from "./words.js";

const OURS = "mark[data-painted]";

/** Paint these stretches {side, start, end, className} and no others. */
export function paint(stretches) {
  for (const side of ["left", "right"]) {
    const box = boxOf(side);
    clear(box);
    for (const stretch of stretches) if (stretch.side === side) wrap(box, stretch);
  }
}

function clear(box) {
  const painted = box.querySelectorAll(OURS);
  for (const mark of painted) mark.replaceWith(...mark.childNodes);
  if (painted.length) box.normalize();
}

function wrap(box, { start, end, className }) {
  const byNode = new Map();
  for (const { node, offset, character } of placesOf(box).slice(start, end)) {
    const from = byNode.get(node)?.from ?? offset;
    byNode.set(node, { from, to: offset + character.length });
  }
  for (const [node, { from, to }] of byNode) {
    node.splitText(to);
    const words = node.splitText(from);
    const mark = document.createElement("mark");
    mark.className = className;
    mark.dataset.painted = "";
    words.replaceWith(mark);
    mark.append(words);
  }
}
