// How long a pair of the study takes in this browser, and so the rest of them.

import { keyOf, read, write } from "../storage.js";
import { gettext } from "../texts.js";

export class Pace {
  constructor(name) {
    this.key = keyOf("pace", name);
  }

  add(ms) {
    write(this.key, [...read(this.key), Math.round(ms)].slice(-30));
  }

  /** The time that so many pairs take at the median pace, in words; empty until three pairs are rated. */
  left(pairs) {
    const times = read(this.key).sort((a, b) => a - b);
    if (times.length < 3 || pairs < 1) return "";
    const middle = times.length / 2;
    const median = (times[Math.floor(middle)] + times[Math.ceil(middle) - 1]) / 2;
    const minutes = Math.max(1, Math.round((median * pairs) / 60_000));
    if (minutes < 60) return gettext("about {minutes} min left", { minutes });
    return gettext("about {hours} h {minutes} min left", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  }
}
