// What a key means, on whatever keyboard it is pressed: digits of every script, and letters of another alphabet by place.

const ONE_DIGIT = /^\p{Nd}$/u;
const DIGIT_KEY = /^(?:Digit|Numpad)(?<digit>[0-9])$/u;
const LETTER_KEY = /^Key(?<letter>[A-Z])$/u;
const SAME = { "؟": "?", "？": "?" };

/** "0" to "9", or "" if the key means no digit. */
export function digitOf({ key, code, shiftKey }) {
  if (ONE_DIGIT.test(key)) return valueOf(key.codePointAt(0));
  const digit = DIGIT_KEY.exec(code)?.groups.digit ?? "";
  // AZERTY and others have digits only with Shift, so there the key itself is meant; elsewhere Shift makes a sign of it.
  return shiftKey && code.startsWith("Digit") ? "" : digit;
}

/** The key by the name that help gives it: a letter in lower case, a sign, or a name such as Escape. */
export function nameOf({ key, code }) {
  if (key.length > 1 || /^[!-~]$/u.test(key)) return key.length > 1 ? key : key.toLowerCase();
  return LETTER_KEY.exec(code)?.groups.letter.toLowerCase() ?? SAME[key] ?? key;
}

/** Decimal digits stand in unbroken rows from 0 to 9, and rows that touch follow each other whole. */
function valueOf(codePoint) {
  let first = codePoint;
  while (ONE_DIGIT.test(String.fromCodePoint(first - 1))) first--;
  return String((codePoint - first) % 10);
}
