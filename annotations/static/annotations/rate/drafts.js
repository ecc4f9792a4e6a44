// What somebody typed and did not save yet, by pair.

import { keyOf, read, write } from "../storage.js";

export class Drafts {
  constructor(name) {
    this.key = keyOf("draft", name);
  }

  of(token) {
    return read(`${this.key}${token}`)[0] ?? "";
  }

  keep(token, text) {
    write(`${this.key}${token}`, text ? [text] : []);
  }
}
