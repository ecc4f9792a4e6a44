"""The page on which researchers say what a careful reader marks on a gold or training pair."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from annotations.models import ControlItem, Study
from annotations.web.access import members_only, not_while_rating
from marks.gold.expected import ExpectedMarkError, expect_mark, expect_no_more
from marks.kinds.library import kind_label
from marks.marking.panel import offered_kinds
from marks.models import ExpectedMark
from marks.web.forms import LONGEST_TEXT

RELATED = ("document", "query", "study", "summary_a__run__system", "summary_b__run__system")


class ExpectedMarkForm(forms.Form):
    side = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], label="Text")
    words = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        label="The words that are wrong",
        help_text="Copied from the text; empty for what is missing from the whole.",
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = {kind.key: kind for kind in offered_kinds(study)}
        choices = [(key, kind_label(kind.name)) for key, kind in self.kinds.items()]
        self.fields["kind"] = forms.ChoiceField(choices=choices, label="What is wrong")


@members_only
@not_while_rating
@require_http_methods(["GET", "POST"])
def expected_marks(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Show them; POST a new one, or remove=ID."""
    item = get_object_or_404(ControlItem, pk=pk, comparison__study=study)
    by = cast(User, request.user)
    form = ExpectedMarkForm(study, request.POST if "side" in request.POST else None)
    try:
        if "remove" in request.POST:
            expect_no_more(_mark(item, request.POST["remove"]), by)
        elif form.is_bound and form.is_valid():
            values = form.cleaned_data
            expect_mark(item, values["side"], form.kinds[values["kind"]], values["words"], by)
    except ExpectedMarkError as error:
        if form.is_bound:
            form.add_error(None, str(error))
        else:
            messages.error(request, str(error))
    if request.method == "POST" and not form.errors:
        return redirect("gold-marks", study.slug, item.pk)
    comparison = study.comparisons.select_related(*RELATED).get(pk=item.comparison_id)
    expected = item.expected_marks.select_related("kind").order_by("pk")
    rows = [
        (mark, "A" if mark.summary_id == comparison.summary_a_id else "B", kind_label(mark.kind.name))
        for mark in expected
    ]
    context = {"study": study, "comparison": comparison, "form": form, "rows": rows}
    return render(request, "marks/expected.html", context, status=400 if form.errors else 200)


def _mark(item: ControlItem, key: str) -> ExpectedMark:
    return get_object_or_404(item.expected_marks.select_related("item", "kind"), pk=int(key) if key.isdecimal() else 0)
