"""What is said of metrics' correlations over systems."""

import pytest

from leaderboards.presentation.analysis.words import on_metrics

# Words of pages.
pytestmark = pytest.mark.once


def metric(name, lower, upper):
    return {
        "metric": name,
        "reason": "",
        "systems": 5,
        "system": {"kendall": {"value": 0.5, "lower": lower, "upper": upper}},
    }


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ([metric("rouge1", 0.2, 1.0), metric("rougeL", -1.0, -0.2)], "ROUGE-1 ranks the systems much as people do."),
        ([metric("rouge1", -0.2, 1.0)], "with 5 systems, chance alone could give correlations like these."),
        (
            [metric("rouge1", -0.2, 1.0), metric("rougeL", -1.0, -0.2)],
            "No metric certainly ranks the systems as people do. ROUGE-L ranks them against people",
        ),
        ([metric("rouge1", -1.0, -0.1), metric("rougeL", -1.0, -0.2)], "ROUGE-1 and ROUGE-L rank them against people"),
    ],
)
def test_an_order_is_that_of_people_or_the_reverse_only_if_the_interval_says_so(metrics, said):
    assert said in on_metrics(metrics)
