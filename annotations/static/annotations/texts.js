// Texts in the language of the page. English is in the scripts; data-texts of the page has what stands for it elsewhere.
// Texts are marked for translation by these names: CONTRIBUTING.md. Why not Django's JavaScriptCatalog: docs/decisions/translations.md.

const texts = JSON.parse(document.querySelector("[data-texts]")?.dataset.texts || "{}");
const rules = new Intl.PluralRules(document.documentElement.lang);
const ORDER = ["zero", "one", "two", "few", "many", "other"];
const categories = ORDER.filter((one) => rules.resolvedOptions().pluralCategories.includes(one));

/** The text with {name} replaced by values.name. */
export function gettext(text, values = {}) {
  return fill(texts[text] ?? text, values);
}

/** One of several forms, by values.n. */
export function ngettext(one, many, values) {
  const forms = texts[one] ?? [one, many];
  return fill(forms[Math.min(categories.indexOf(rules.select(values.n)), forms.length - 1)], values);
}

function fill(text, values) {
  return text.replaceAll(/\{(\w+)\}/gu, (whole, name) => values[name] ?? whole);
}
