// axe reads the colour of every element anew, which is most of its time, and a page has few: each is read once.

const { prototype } = globalThis.axe.commons.color.Color;
const read = prototype.parseString;
const known = new Map();

prototype.parseString = function readOnce(text) {
  const found = known.get(text);
  if (found) return Object.assign(this, found);
  read.call(this, text);
  const { r, g, b, alpha } = this;
  known.set(text, { r, g, b, alpha });
  return this;
};
