from models_runner.metrics.markup import MarkupMetric
from models_runner.metrics.protocol import ScoringRequest


def markup(summary):
    (values,) = MarkupMetric().score([ScoringRequest(summary, [], "", "en")])
    return {value.name: value.value for value in values}


def test_headers_items_and_bold_text_are_counted():
    summary = "# Plan\n\n- ship on **Friday**\n- __Leo__ writes\n1. first\n\n### Next\n\n**Maya** calls"
    assert markup(summary) == {"headers": 2, "list_items": 3, "bold": 3}


def test_a_text_without_markup_has_none():
    assert markup("We ship on Friday. Leo agrees.") == markup("") == {"headers": 0, "list_items": 0, "bold": 0}


def test_the_rules_are_in_the_signature():
    assert MarkupMetric().signature("en").startswith("markup|counts 1|")
