// What was said and is not acknowledged by the server yet: kept in the browser until it is.

import { keyOf, read, write } from "../storage.js";

export class Outbox {
  constructor(name) {
    this.key = keyOf("unsaved", name);
    this.items = read(this.key);
  }

  /** Whether a reload finds it again. */
  isKept() {
    return read(this.key).length >= this.items.length;
  }

  // Another tab of the same study keeps there what it has not sent yet.
  add(item) {
    this.items.push(item);
    write(this.key, [...read(this.key), item]);
  }

  remove(clientKey) {
    const without = (items) => items.filter((item) => item.client_key !== clientKey);
    this.items = without(this.items);
    write(this.key, without(read(this.key)));
  }
}
