"""Fields that must be filled in carry one mark, on every form of researchers."""

import re

import pytest
from django import forms
from django.urls import reverse

from annotations.web.forms.new_study import StudyForm
from annotations.web.forms.people import MemberForm
from evalsite.templatetags.required import is_marked_required
from models_runner.web.forms import RunStartForm
from models_runner.web.system_form import SystemForm
from tests.people import researcher

pytestmark = pytest.mark.django_db


def marked(form):
    return {field.name for field in form if is_marked_required(field)}


class Login(forms.Form):
    username = forms.CharField()
    password = forms.CharField()


class Kinds(forms.Form):
    text = forms.CharField()
    optional = forms.CharField(required=False)
    given = forms.IntegerField(initial=3)
    zero = forms.IntegerField(initial=0)
    agree = forms.BooleanField()
    first = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    empty_first = forms.ChoiceField(choices=[("", "Choose"), ("b", "B")])
    buttons = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    several = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)


def test_what_is_empty_and_refused_is_marked_and_nothing_else():
    assert marked(Kinds()) == {"text", "agree", "empty_first", "buttons", "several"}


def test_a_form_of_which_everything_is_needed_has_no_marks():
    assert marked(Login()) == set()


def test_the_marks_of_forms():
    assert marked(StudyForm()) == {"title", "dataset", "systems"}
    assert marked(SystemForm("openai")) == {"name", "engine_base_url", "model_id", "context_window"}
    assert marked(SystemForm("extractive")) == {"name"}
    assert "dataset" in marked(RunStartForm())
    assert marked(MemberForm()) == {"username"}


def test_the_mark_stands_beside_the_label_and_screen_readers_have_the_attribute():
    html = researcher().get(f"{reverse('new_system')}?adapter=extractive").content.decode()
    label = re.search(r'<div class="label-row"><label for="id_name">.*?</div>', html, re.DOTALL)[0]
    assert '<span class="required" aria-hidden="true">required</span>' in label
    assert re.search(r'<input[^>]*id="id_name"[^>]*required|<input[^>]*required[^>]*id="id_name"', html)
