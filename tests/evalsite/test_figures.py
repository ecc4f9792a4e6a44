import pytest

from evalsite.templatetags import figures


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "—"),
        (900, "900"),
        (134_515_008, "135M"),
        (780_000_000, "780M"),
        (999_885_952, "1B"),
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


@pytest.mark.parametrize(
    ("write", "value", "written"),
    [
        (figures.gigabytes, None, "—"),
        (figures.gigabytes, 340_000_000, "340 MB"),
        (figures.gigabytes, 6_200_000_000, "6.2 GB"),
        (figures.dollars, None, "—"),
        (figures.dollars, 0, "$0.00"),
        (figures.dollars, 0.00421, "$0.0042"),
        (figures.dollars, 12.345, "$12.35"),
        (figures.energy, None, "—"),
        (figures.energy, 830.4, "830 J"),
        (figures.energy, 4320.0, "1.2 Wh"),
    ],
)
def test_memory_money_and_energy(write, value, written):
    assert write(value) == written


@pytest.mark.parametrize(("value", "place"), [(0, "0.0"), (0.5, "50.0"), (1, "100.0"), (1 / 3, "33.3")])
def test_where_a_share_lies_on_a_line(value, place):
    assert figures.along(value) == place
