from datetime import UTC, datetime, time
from typing import Any

from django import forms

from annotations.models import Study
from leaderboards.exports import EXPORTS, Export, Selection, get_format
from leaderboards.exports.preferences import Counting
from leaderboards.models.releases import Release


class ExportForm(forms.Form):
    """Which votes, as what."""

    format = forms.ChoiceField(choices=[(one.name, one.label) for one in EXPORTS.values()])
    criterion = forms.ChoiceField(
        label="Question", required=False, help_text="Arena, evalica and training formats take one question."
    )
    since = forms.DateField(
        label="Given since", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="UTC."
    )
    votes = forms.ChoiceField(
        label="Results",
        required=False,
        choices=[("majority", "One a comparison: what most people said"), ("each", "Every vote by itself")],
        help_text="Of the training formats with preferences and labels.",
    )
    include_flagged = forms.BooleanField(label="Also votes on summaries that name a model", required=False)
    include_excluded = forms.BooleanField(label="Also votes of excluded annotators", required=False)

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.study = study
        self.criteria = {one.key: one for one in study.criteria.all()}
        choices = [("", "All, or the first"), *((key, one.question) for key, one in self.criteria.items())]
        self.fields["criterion"] = forms.ChoiceField(
            label="Question", required=False, choices=choices, help_text=self.fields["criterion"].help_text
        )
        self.order_fields(["format", "criterion", "since", "votes", "include_flagged", "include_excluded"])

    def export(self) -> Export:
        values = self.cleaned_data
        since = values["since"] and datetime.combine(values["since"], time.min, UTC)
        selection = Selection(
            self.criteria.get(values["criterion"]), since, values["include_flagged"], values["include_excluded"]
        )
        return Export(
            self.study, get_format(values["format"]), selection, Counting(values["votes"] or Counting.MAJORITY)
        )


class DraftForm(forms.ModelForm):
    class Meta:
        model = Release
        fields = ("name", "version", "licence", "description", "include_comments", "include_excluded")


class DoiForm(forms.ModelForm):
    class Meta:
        model = Release
        fields = ("doi",)
