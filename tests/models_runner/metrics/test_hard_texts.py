"""Every metric of the site without weights answers whatever a summary is made of: a number, or a reason."""

import pytest

from models_runner.metrics.protocol import ScoringRequest, names_of
from models_runner.metrics.registry import METRIC_KEYS, get_metric
from models_runner.runs.scoring import _values

pytestmark = pytest.mark.once("arithmetic on texts")
WITH_WEIGHTS = {"bertscore", "alignscore", "nli", "minicheck", "claims"}
TRANSCRIPT = "Maya: We ship on Friday, it costs 48 euros.\nLeo: The wall is red.\n会议决定周五发布。"
TEXTS = {
    "empty": "",
    "blank": " \n\t ",
    "one word": "Friday",
    "a full stop": ".",
    "10,000 words": "The wall is red on Friday. " * 1700,
    "10,000 words without a stop": "wall " * 10_000,
    "digits": "48 12 3.5 1,000",
    "Chinese": "会议决定周五发布，费用为四十八元。",
    "mixed": "Maya 说 we ship 周五 at 3 pm.",
    "emoji": "🎉🎉 👩‍👩‍👧 ✅",
    "words and emoji": "Great 🎉 we ship ✅",
    "signs without width": "a\u200bb\u200d\ufeff",
    "right to left": "השולחן אדום",
    "markup alone": "# \n- \n```\ncode\n```",
    "control signs": "a\x01b",
    "a word of 50,000 letters": "a" * 50_000,
}


@pytest.mark.parametrize("key", [key for key in METRIC_KEYS if key not in WITH_WEIGHTS])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_number_or_a_reason(key, text):
    metric = get_metric(key)
    languages = ("en", "zh", "xx", "") if len(text) < 100 else ("en",)
    for language in languages:
        for references, transcript in (((TRANSCRIPT,), TRANSCRIPT), ((), TRANSCRIPT), ((TRANSCRIPT,), ""), (("",), "")):
            # _values refuses what is no number, has no reason or a place outside the summary.
            (row,) = _values(metric, [ScoringRequest(text, references, transcript, language)])
            assert tuple(value.name for value in row) == names_of(metric.values)


@pytest.mark.parametrize("key", [key for key in METRIC_KEYS if key not in WITH_WEIGHTS])
def test_without_what_it_needs_a_value_is_undefined(key):
    metric = get_metric(key)
    (row,) = _values(metric, [ScoringRequest("We ship on Friday.", (), "", "en")])
    for value, description in zip(row, metric.values, strict=True):
        assert (value.value is None) == bool(description.needs), value
