"""What the site's own metrics say of their values. Imports no metric, so that listing them costs nothing."""

from models_runner.metrics.protocol import Direction, Need, OnBoards, ValueDescription

_REFERENCE = (Need.REFERENCE,)
_TRANSCRIPT = (Need.TRANSCRIPT,)
_OFF = OnBoards.NEVER


def _f_measure(name: str, label: str, help_text: str) -> ValueDescription:
    unit = "F-measure"
    return ValueDescription(name, label, unit, help_text, Direction.HIGHER, 0, 1, _REFERENCE, OnBoards.ALWAYS)


def _cosine(name: str, label: str, help_text: str, on_boards: OnBoards) -> ValueDescription:
    return ValueDescription(name, label, "cosine", help_text, Direction.HIGHER, -1, 1, _REFERENCE, on_boards)


def _number(name: str, label: str, unit: str, help_text: str, on_boards: OnBoards = _OFF) -> ValueDescription:
    return ValueDescription(name, label, unit, help_text, lowest=0, on_boards=on_boards, digits=0)


ROUGE = (
    _f_measure("rouge1", "ROUGE-1", help_text="Words that summary and reference share."),
    _f_measure("rouge2", "ROUGE-2", help_text="Pairs of neighbouring words that summary and reference share."),
    _f_measure("rougeL", "ROUGE-L", help_text="The longest run of words that both have in the same order, with gaps."),
    _f_measure("rougeLsum", "ROUGE-Lsum", help_text="ROUGE-L sentence by sentence, over the whole summary."),
)
BERTSCORE = (
    _cosine(
        "bertscore_p",
        "BERTScore precision",
        help_text="How like the nearest word of the reference each word of the summary is to an encoder.",
        on_boards=_OFF,
    ),
    _cosine(
        "bertscore_r",
        "BERTScore recall",
        help_text="How like the nearest word of the summary each word of the reference is to an encoder.",
        on_boards=_OFF,
    ),
    _cosine(
        "bertscore_f1",
        "BERTScore",
        help_text="How alike the words of summary and reference are to an encoder; unrelated texts are not 0.",
        on_boards=OnBoards.ALWAYS,
    ),
)
LENGTH = (
    _number("words", "Words", "words", help_text="Words of the summary.", on_boards=OnBoards.ALWAYS),
    _number("sentences", "Sentences", "sentences", help_text="Sentences of the summary that have a word."),
    ValueDescription(
        "compression",
        "Compression",
        "words per word",
        help_text="Words of the transcript for each word of the summary.",
        lowest=0,
        needs=_TRANSCRIPT,
        on_boards=_OFF,
        digits=1,
    ),
    ValueDescription(
        "novel_bigrams",
        "Novel word pairs",
        "share",
        help_text="Share of the summary’s distinct word pairs that the transcript never has.",
        lowest=0,
        highest=1,
        needs=_TRANSCRIPT,
        on_boards=_OFF,
    ),
)
MARKUP = (
    _number("headers", "Headings", "headings", help_text="Headings in the summary’s Markdown."),
    _number("list_items", "List items", "items", help_text="List items in the summary’s Markdown."),
    _number("bold", "Bold stretches", "stretches", help_text="Stretches of bold text in the summary’s Markdown."),
)


def _share(
    name: str,
    label: str,
    help_text: str,
    direction: Direction = Direction.NONE,
    needs: tuple[Need, ...] = _TRANSCRIPT,
    on_boards: OnBoards = OnBoards.SCORED,
) -> ValueDescription:
    return ValueDescription(name, label, "share", help_text, direction, 0, 1, needs, on_boards)


NOVELTY = (
    _share(
        "coverage",
        "Copied words",
        help_text="Share of the summary’s words that stand in stretches copied from the transcript.",
    ),
    ValueDescription(
        "density",
        "Copied stretch",
        "words",
        help_text="Mean length of the copied stretch that a word of the summary stands in; 0 for a word that is new.",
        lowest=0,
        needs=_TRANSCRIPT,
        digits=2,
    ),
    ValueDescription(
        "compression_ratio",
        "Compression ratio",
        "words per word",
        help_text="Words of the transcript for each word of the summary.",
        lowest=0,
        needs=_TRANSCRIPT,
        digits=1,
    ),
    _share(
        "novel_1grams",
        "New words",
        help_text="Share of the summary’s distinct words that the transcript never has.",
        on_boards=_OFF,
    ),
    _share(
        "novel_2grams",
        "New word pairs",
        help_text="Share of the summary’s distinct word pairs that the transcript never has.",
    ),
    _share(
        "novel_3grams",
        "New word triples",
        help_text="Share of the summary’s distinct word triples that the transcript never has.",
        on_boards=_OFF,
    ),
    _share(
        "repeated_3grams",
        "Repeated word triples",
        help_text="Share of the summary’s word triples that repeat an earlier one.",
        direction=Direction.LOWER,
        needs=(),
    ),
)
CHRF = tuple(
    ValueDescription(name, label, "percent", help_text, Direction.HIGHER, 0, 100, _REFERENCE, digits=1)
    for name, label, help_text in (
        ("chrf", "chrF", "Stretches of up to six characters that summary and reference share."),
        ("bleu", "BLEU", "Stretches of up to four words of the summary that the reference has."),
    )
)
ENTITIES = (
    _share(
        "entity_precision",
        "Names supported",
        help_text="Share of the names in the summary that the transcript has.",
        direction=Direction.HIGHER,
    ),
    _share(
        "number_precision",
        "Numbers supported",
        help_text="Share of the numbers, amounts, dates and times in the summary that the transcript has.",
        direction=Direction.HIGHER,
    ),
    ValueDescription(
        "unsupported",
        "Unsupported names and numbers",
        "mentions",
        help_text="Names, numbers, amounts, dates and times in the summary that the transcript does not have.",
        direction=Direction.LOWER,
        lowest=0,
        needs=_TRANSCRIPT,
        digits=2,
    ),
)


def _support(name: str, label: str, help_text: str, lowest: float = 0) -> tuple[ValueDescription, ...]:
    return (ValueDescription(name, label, "mean of sentences", help_text, Direction.HIGHER, lowest, 1, _TRANSCRIPT),)


ALIGNSCORE = _support(
    "alignscore", "AlignScore", help_text="How surely the transcript supports a sentence to a RoBERTa trained for it."
)
NLI = _support(
    "nli",
    "NLI",
    help_text="How surely the transcript entails a sentence, less how surely it contradicts it.",
    lowest=-1,
)
MINICHECK = _support(
    "minicheck", "MiniCheck", help_text="How surely the transcript supports a sentence to a model that checks facts."
)
CLAIMS = (
    ValueDescription(
        "claims",
        "Claims supported",
        "share",
        "Share of the claims that a language model finds in the summary and finds supported by the transcript.",
        Direction.HIGHER,
        0,
        1,
        _TRANSCRIPT,
    ),
)
OWN: dict[str, tuple[ValueDescription, ...]] = {
    "rouge": ROUGE,
    "bertscore": BERTSCORE,
    "length": LENGTH,
    "markup": MARKUP,
    "novelty": NOVELTY,
    "entities": ENTITIES,
    "chrf": CHRF,
    "alignscore": ALIGNSCORE,
    "nli": NLI,
    "minicheck": MINICHECK,
    "claims": CLAIMS,
}
