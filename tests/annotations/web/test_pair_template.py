"""What of the rating page is kept from pair to pair holds words alone, in the language of whoever reads."""

import pytest
from django.template import engines
from django.utils import translation

from annotations.rating.page import AnswerChoice
from annotations.templatetags.pair import choice_buttons


def template(inside):
    return engines["django"].from_string(f"{{% load i18n pair %}}{{% same_for_all %}}{inside}{{% endsame_for_all %}}")


def test_it_is_rendered_once_in_each_language():
    kept = template('{% translate "Undo" %}')
    english = kept.render({})
    with translation.override("zh-hans"):
        chinese = kept.render({})
        assert chinese != english
        assert kept.render({}) == chinese
    assert kept.render({}) == english == "Undo"


@pytest.mark.parametrize("inside", ["{{ secret }}", "{% if secret %}{{ secret }}{% endif %}", "{% csrf_token %}"])
def test_it_can_hold_nothing_of_a_pair_or_a_person(rf, inside):
    assert template(f"words{inside}").render({"secret": "of one pair"}, rf.get("/")) == "words"


def test_buttons_show_what_they_are_given():
    choices = [AnswerChoice("left", "Left & <best>", "1"), AnswerChoice("tie", "Equal", "2")]
    plain, pressed = choice_buttons(choices, ""), choice_buttons(choices, "tie")
    assert "Left &amp; &lt;best&gt;" in plain
    assert (plain.count('pressed="true"'), pressed.count('pressed="true"')) == (0, 1)
    other = [AnswerChoice("left", "左边更好", "3")]
    assert "左边更好" in choice_buttons(other, "")
    assert 'data-key="3"' in choice_buttons(other, "")
    assert choice_buttons(choices, "") == plain
