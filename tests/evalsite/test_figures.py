import pytest

from evalsite.templatetags import figures


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "—"),
        (900, "900"),
        (134_515_008, "135M"),
        (780_000_000, "780M"),
        (1_100_000_000, "1.1B"),
        (46_700_000_000, "46.7B"),
    ],
)
def test_parameters(value, written):
    assert figures.parameters(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "—"), (0.84, "0.8 s"), (9.97, "10 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_seconds(value, written):
    assert figures.seconds(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(None, "—"), (0.0, "0.000"), (1.0, "1.000"), (0.3166, "0.317"), (64.0, "64")]
)
def test_score(value, written):
    assert figures.score(value) == written


def test_an_undefined_figure_is_a_dash_and_zero_is_zero():
    assert (figures.count(None), figures.count(0), figures.count(12345), figures.moment(None)) == (
        "—",
        "0",
        "12,345",
        "—",
    )
