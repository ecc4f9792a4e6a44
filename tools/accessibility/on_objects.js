// axe keeps the numbers of each colour in weak maps, a dozen entries for each of a hundred thousand colours on a page, which
// is half of what is left of its time. A map of this kind keeps a value on the object itself.

globalThis.OnObjects = class OnObjects {
  #key = Symbol("kept by axe");

  has(object) {
    return Object.hasOwn(object, this.#key);
  }

  get(object) {
    return this.has(object) ? object[this.#key] : undefined;
  }

  set(object, value) {
    object[this.#key] = value;
    return this;
  }

  delete(object) {
    return this.has(object) && delete object[this.#key];
  }
};
