"""Researchers' pages of gold and training items: create, review, remove and switch them off."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.gold import items
from annotations.gold.attention_checks import add_attention_checks
from annotations.gold.results import control_items_of, with_figures
from annotations.models import ControlItem, Purpose, Study
from annotations.web import redirects
from annotations.web.access import members_only, not_while_rating
from annotations.web.forms.gold import AttentionForm, ControlItemForm
from lib.choices import refuse_choice

FEW_PAIRS = 20_000
PAIRS_A_PAGE = 10
ITEMS_A_PAGE = 50
CHANGES = ("remove", "off", "on")


@require_GET
@members_only
@not_while_rating
def control_items(request: HttpRequest, study: Study) -> HttpResponse:
    return _page(request, study, AttentionForm(study))


def _page(request: HttpRequest, study: Study, form: AttentionForm) -> HttpResponse:
    pages = {
        purpose: Paginator(control_items_of(study, purpose), ITEMS_A_PAGE).get_page(request.GET.get(purpose))
        for purpose in (Purpose.GOLD.value, Purpose.TRAINING.value)
    }
    rows = {purpose: with_figures(study, list(page)) for purpose, page in pages.items()}
    context = {
        "study": study,
        "pages": pages,
        "rows": rows,
        "form": form,
    }
    return render(request, "annotations/gold.html", context, status=400 if form.errors else 200)


@require_POST
@members_only
@not_while_rating
def attention(request: HttpRequest, study: Study) -> HttpResponse:
    """Create attention checks."""
    form = AttentionForm(study, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            made = add_attention_checks(
                study, values["n"], values["purpose"], cast(User, request.user), questions=values["questions"]
            )
        except items.ControlItemError as error:
            form.add_error(None, str(error))
        else:
            fewer = "" if len(made) == values["n"] else f" There are not enough texts for {values['n']}."
            messages.success(request, f"{len(made)} attention check{'s' if len(made) != 1 else ''} created.{fewer}")
            return redirect("study-gold", study.slug)
    return _page(request, study, form)


@require_GET
@members_only
@not_while_rating
def choose(request: HttpRequest, study: Study) -> HttpResponse:
    """List pairs that can become gold or training, with both texts."""
    every, choosable = items.count_choosable(study)
    free = study.comparisons.filter(items.choosable(study), document__dataset=study.dataset_id)
    # Only the keys are sorted: a study may have a million pairs, and each comes with two texts.
    keys = free.order_by("document__position", "shuffle", "pk").values_list("pk", flat=True)
    # Where few are left of many, a page of them is found no faster than all of them.
    paginator = Paginator(list(keys) if choosable <= FEW_PAIRS else keys, PAIRS_A_PAGE)
    paginator.count = choosable  # not counted a second time
    page = paginator.get_page(request.GET.get("page"))
    full = study.comparisons.select_related(*RELATED).in_bulk(list(page))
    context = {
        "study": study,
        "page": page,
        "pairs": [full[pk] for pk in page if pk in full],
        "given": every - choosable,
    }
    return render(request, "annotations/choose_gold.html", context)


RELATED = ("document", "query", "summary_a__run__system", "summary_b__run__system")


@require_http_methods(["GET", "POST"])
@members_only
@not_while_rating
def make(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Turn one pair into a gold or training item: which answers are right, and why."""
    comparison = get_object_or_404(study.comparisons.select_related(*RELATED), pk=pk)
    form = ControlItemForm(study, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            items.make_control_item(comparison, form.spec(), cast(User, request.user))
        except items.ControlItemError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. The pair is no longer one of the rating pairs.")
            return redirect("study-gold", study.slug)
    context = {"study": study, "comparison": comparison, "form": form}
    return render(request, "annotations/make_gold.html", context, status=400 if form.errors else 200)


@require_POST
@members_only
@not_while_rating
def change(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """POST change=remove, off or on."""
    pair = get_object_or_404(ControlItem.objects.select_related("comparison__study"), pk=pk, comparison__study=study)
    requested, by = request.POST.get("change"), cast(User, request.user)
    if requested not in CHANGES:
        return refuse_choice("change", requested, CHANGES)
    try:
        if requested == "remove":
            items.remove(pair, by)
        else:
            items.switch(pair, on=requested == "on", by=by)
    except items.ControlItemError as error:
        messages.error(request, str(error))
    return redirect(redirects.as_it_was(request, "study-gold", study.slug))
