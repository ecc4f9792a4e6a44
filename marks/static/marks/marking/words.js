// Places in the summaries shown: characters are code points, and blanks do not count, because pages lay them out in their own
// way. The server counts the same characters (marks/marking/shown.py).

const BLANK = /[\t-\r ]/u;
const SIDES = ["left", "right"];

export function boxOf(side) {
  return document.querySelectorAll("[data-pair] .summary-text")[SIDES.indexOf(side)];
}

/** Characters that count in a text. */
export function inked(text) {
  return [...text].filter((character) => !BLANK.test(character));
}

/** Each character that counts, with the text node it stands in and where there: offsets of UTF-16 units. */
export function placesOf(box) {
  const places = [];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let offset = 0;
    for (const character of node.data) {
      if (!BLANK.test(character)) places.push({ node, offset, character });
      offset += character.length;
    }
  }
  return places;
}

/** The side and the characters of a selection that lies within one summary; null for any other. */
export function rangeOf(range) {
  const side = SIDES.find((one) => boxOf(one)?.contains(range.commonAncestorContainer));
  if (!side) return null;
  const before = document.createRange();
  before.setStart(boxOf(side), 0);
  before.setEnd(range.startContainer, range.startOffset);
  const start = inked(before.toString()).length;
  const end = start + inked(range.toString()).length;
  return end > start ? { side, start, end } : null;
}

/** The words of a summary, each as the first character and the one behind the last. */
export function wordsOf(box) {
  const places = placesOf(box);
  const segmenter = new Intl.Segmenter(box.closest("[lang]").lang || undefined, { granularity: "word" });
  const words = [];
  let at = 0;
  while (at < places.length) {
    const { node } = places[at];
    for (const { segment, isWordLike } of segmenter.segment(node.data)) {
      const length = inked(segment).length;
      if (isWordLike) words.push([at, at + length]);
      at += length;
    }
  }
  return words;
}

/** The stretch of the page from one character to another; null where it has none. */
function stretchOf(box, start, end) {
  const places = placesOf(box);
  const [first, last] = [places[start], places[end - 1]];
  if (!first || !last) return null;
  const range = document.createRange();
  range.setStart(first.node, first.offset);
  range.setEnd(last.node, last.offset + last.character.length);
  return range;
}

/** The text between two characters as the page shows it, blanks included. */
export function textOf(box, start, end) {
  return stretchOf(box, start, end)?.toString().replaceAll(/\s+/gu, " ") ?? "";
}

/** Scroll so far that the last of these words stand above an element that lies over the page. */
export function showAbove(element, box, start, end) {
  const covered = (stretchOf(box, start, end)?.getBoundingClientRect().bottom ?? 0) - element.getBoundingClientRect().top;
  if (covered > 0 && getComputedStyle(element).position === "sticky") scrollBy(0, covered + 8);
}
