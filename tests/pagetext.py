"""What a person reads or hears on a page, and which of it is in another language than the page's."""

from html.parser import HTMLParser

READ_OUT = ("title", "aria-label", "placeholder", "alt", "data-label")
VOID = {"meta", "link", "img", "input", "br", "hr", "area", "base", "col", "embed", "source", "wbr"}


class _Texts(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []  # element, and whether its content is in the page's language
        self.texts: list[str] = []

    @property
    def counts(self) -> bool:
        return not self.open or self.open[-1][1]

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        counts = self.counts
        if "lang" in given:
            counts = given["lang"] == self.language
        if tag in ("script", "style"):
            counts = False
        if counts:
            self.texts += [given[name] for name in READ_OUT if given.get(name)]
        if tag not in VOID:
            self.open.append((tag, counts))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.counts and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_in(language: str, html: str) -> list[str]:
    """Texts and labels of a page, but for those marked by `lang` as of another language: the material, the switch."""
    parser = _Texts(language)
    parser.feed(html)
    return parser.texts
