"""Fields of forms that take what people write."""

import pytest
from django import forms

from models_runner.web.fields import ParametersField


class SizeForm(forms.Form):
    parameters = ParametersField()


@pytest.mark.parametrize(
    ("number", "shown"),
    [(8 * 10**9, "8B"), (1_100_000_000, "1.1B"), (780_000_000, "780M"), (10**15, 10**15), (2 * 10**12, "2T"), (8030261248, 8030261248),
     (999, 999), (1500, "1.5K"), (None, None)],
)  # fmt: skip
def test_a_size_is_shown_as_people_write_it_where_that_says_the_same(number, shown):
    field = SizeForm(initial={"parameters": number})["parameters"]
    assert field.value() == shown
    assert number is None or ParametersField().clean(str(shown)) == number
