"""No number in a form is larger than the databases take: each would be an error page."""

import importlib
import pkgutil
from functools import cache

import pytest
from django import forms
from django.conf import settings

from models_runner.models import Run, System
from models_runner.web.system_form import ADAPTER_LABELS, SystemForm
from tests.factories import DatasetFactory, DocumentFactory
from tests.people import researcher

APPS = ("accounts", "annotations", "api", "evalsite", "judges", "leaderboards", "models_runner", "protocol")
# A bigint column.
LARGEST_FIELDS = {"parameters": 10**15}
LARGEST = 2**31 - 1


@cache
def forms_of_pages():
    """Every form of the project, as a class, but those of models, whose columns have their ends checked.

    That of a new system is another one for each adapter.
    """
    for app in APPS:
        for module in pkgutil.walk_packages([str(settings.BASE_DIR / app)], f"{app}."):
            if "form" in module.name.rpartition(".")[2] or ".forms." in module.name or ".views." in module.name:
                importlib.import_module(module.name)
    return [one for one in subclasses(forms.Form) if one.__module__.partition(".")[0] in APPS]


def subclasses(kind):
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def whole_numbers(fields):
    return {name: field for name, field in fields.items() if type(field) in (forms.IntegerField, *subclasses_of_it())}


def subclasses_of_it():
    return [one for one in subclasses(forms.IntegerField) if not issubclass(one, forms.FloatField | forms.DecimalField)]


def test_every_whole_number_has_an_upper_end():
    found = {
        (one.__name__, name): field
        for one in forms_of_pages()
        for name, field in whole_numbers(one.base_fields).items()
    }
    for adapter in ADAPTER_LABELS:
        found |= {(f"SystemForm {adapter}", name): f for name, f in whole_numbers(SystemForm(adapter).fields).items()}
    assert {("RunStartForm", "limit"), ("StudyForm", "sample"), ("SystemForm openai", "engine_concurrency")} <= set(
        found
    )
    ends = {place: field.max_value for place, field in found.items()}
    assert {
        place: end for place, end in ends.items() if end is None or end > LARGEST_FIELDS.get(place[1], LARGEST)
    } == {}


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [2**31, 2**63, 10**25])
def test_a_run_of_more_documents_than_any_database_holds_is_refused(limit):
    DocumentFactory(dataset=DatasetFactory(name="hall"))
    data = {"system": "lexrank", "dataset": "hall", "instruction": "medium", "limit": limit}
    answer = researcher().post("/runs/", data)
    assert answer.status_code == 400
    assert "limit" in answer.context["form"].errors
    assert not Run.objects.exists()
    assert not System.objects.exists()
