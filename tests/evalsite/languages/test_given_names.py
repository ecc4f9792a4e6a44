"""A name that somebody gave stays as it is in every language, though it may be a word that pages translate."""

import pytest
from django import forms
from django.urls import reverse
from django.utils import translation

from annotations.models import AuditEntry
from annotations.studies import audit
from leaderboards.presentation.charts.chart import Chart, in_readers_language
from models_runner.models import Dataset, Run
from tests.factories import DatasetFactory, RunFactory, UserFactory, make_study
from tests.people import administrator

pytestmark = pytest.mark.django_db
CHINESE = {"accept-language": "zh-CN"}


@pytest.mark.parametrize("widget", [forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple])
def test_a_choice_of_something_stored(widget):
    DatasetFactory(name="people")
    several = widget is forms.CheckboxSelectMultiple
    kind = forms.ModelMultipleChoiceField if several else forms.ModelChoiceField
    field = kind(Dataset.objects.all(), widget=widget)
    with translation.override("zh-hans"):
        html = type("Form", (forms.Form,), {"dataset": field})().as_div()
    assert "people" in html


def test_a_choice_among_words_of_ours_is_translated():
    field = forms.ChoiceField(choices=[("people", "people")])
    with translation.override("zh-hans"):
        html = type("Form", (forms.Form,), {"who": field})().as_div()
    assert ">people<" not in html


def test_a_split():
    RunFactory(split="long", status=Run.Status.DONE)
    page = administrator().get(reverse("runs"), headers=CHINESE).content.decode()
    assert ">long<" in page


def test_somebody_in_a_history():
    study = make_study(systems=2, documents=1)
    audit.record(study, UserFactory(username="people"), AuditEntry.Action.MEMBER, "x")
    page = administrator().get(reverse("study-history", args=[study.slug]), headers=CHINESE).content.decode()
    assert ">people<" in page


def test_systems_in_the_table_of_a_chart():
    chart = Chart("forest", "", "", ("System", "Regime"), [["baseline", "baseline"]], lambda look: {})
    with translation.override("zh-hans"):
        name, regime = in_readers_language(chart).rows[0]
    assert name == "baseline" != regime
