"""What annotators agree to and say about themselves; and the page on which a study's owners ask for it."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from annotations.models import Annotator, PersonalQuestion, Study
from annotations.people.questionnaire import answer_lines, open_questions, record_answers
from annotations.studies.consent import current_consent, give_consent, lacks_consent, set_consent_text
from annotations.studies.personal_questions import as_line, asked, set_questions
from annotations.web.access import annotator_page, not_while_rating, owners_only
from annotations.web.forms.joining import ConsentForm, PersonalForm
from annotations.web.forms.people import AskingForm

BEFORE, AFTER = PersonalQuestion.Moment.BEFORE, PersonalQuestion.Moment.AFTER


def must_begin(annotator: Annotator) -> bool:
    """Return True while somebody who may rate has not agreed yet, or was not asked what comes before rating."""
    if not annotator.study.takes_votes(timezone.now()) or annotator.left_at is not None:
        return False
    if annotator.saw_results_at is not None:
        return False
    return lacks_consent(annotator) or bool(open_questions(annotator, BEFORE))


@never_cache
@require_http_methods(["GET", "POST"])
@annotator_page
def begin(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Ask for consent and for what the study's owners want to know before rating."""
    if not must_begin(annotator):
        return redirect("rate", annotator.study.public_id)
    posted = request.POST if request.method == "POST" else None
    consent = ConsentForm(posted) if lacks_consent(annotator) else None
    questions = PersonalForm(posted, questions=open_questions(annotator, BEFORE))
    if posted is not None and questions.is_valid() and (consent is None or consent.is_valid()):
        if consent is None or give_consent(annotator, consent.cleaned_data["version"]):
            record_answers(annotator, questions.answers())
            return redirect("rate", annotator.study.public_id)
        consent.add_error(None, _("The text was changed a moment ago. Please read it again."))
    context = {
        "annotator": annotator,
        "text": current_consent(annotator.study) if consent is not None else None,
        "consent": consent,
        "questions": questions,
        "agreed_before": annotator.consents.exists(),
    }
    return render(request, "annotations/begin.html", context, status=200 if posted is None else 400)


@never_cache
@require_http_methods(["GET", "POST"])
@annotator_page
def after(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Ask what the study's owners want to know after rating."""
    questions = open_questions(annotator, AFTER)
    if not questions:
        return redirect("rate", annotator.study.public_id)
    form = PersonalForm(request.POST or None, questions=questions)
    if request.method == "POST" and form.is_valid():
        record_answers(annotator, form.answers())
        return redirect("rate", annotator.study.public_id)
    status = 400 if form.is_bound else 200
    return render(request, "annotations/after.html", {"annotator": annotator, "questions": form}, status=status)


@owners_only
@require_http_methods(["GET", "POST"])
def study_asking(request: HttpRequest, study: Study) -> HttpResponse:
    """Let owners write the consent text and the questions about people."""
    consent = current_consent(study)
    initial = {"consent": consent.text if consent else ""}
    for moment in PersonalQuestion.Moment.values:
        initial[moment] = "\n".join(as_line(question) for question in asked(study, moment))
    form = AskingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        by = cast(User, request.user)
        changed = set_consent_text(study, form.cleaned_data["consent"], by)
        for moment in PersonalQuestion.Moment.values:
            changed |= set_questions(study, moment, form.cleaned_data[moment], by)
        messages.success(request, "Saved." if changed else "Nothing changed.")
        return redirect("study-asking", study.slug)
    context = {
        "study": study,
        "form": form,
        "agreed": consent.consents.count() if consent else 0,
        "answered": study.annotators.filter(personal_answers__isnull=False).distinct().count(),
    }
    return render(request, "annotations/asking.html", context, status=400 if form.errors else 200)


@owners_only
@not_while_rating
@require_GET
def answers_csv(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Download who agreed to which version, and what people said about themselves."""
    return StreamingHttpResponse(
        answer_lines(study),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{study.slug}-people.csv"'},
    )
