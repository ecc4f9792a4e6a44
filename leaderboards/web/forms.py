from datetime import UTC, datetime, time
from typing import Any

from django import forms

from annotations.models import Study
from annotations.studies.criteria import label_of
from leaderboards.exports import EXPORTS, Export, Selection, get_format
from leaderboards.exports.preferences import Counting
from leaderboards.models.releases import Release


class ExportForm(forms.Form):
    """Which votes to export, in which format."""

    format = forms.ChoiceField(
        choices=[(export_format.name, export_format.label) for export_format in EXPORTS.values()]
    )
    criterion = forms.ChoiceField(
        label="Question", required=False, help_text="Arena, Evalica and training formats take one question."
    )
    since = forms.DateField(
        label="Given since", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="UTC."
    )
    votes = forms.ChoiceField(
        label="Results",
        required=False,
        choices=[("majority", "One a comparison: the majority"), ("each", "Every vote")],
        help_text="For the training formats (DPO, KTO).",
    )
    include_flagged = forms.BooleanField(label="Also votes on summaries that name a model", required=False)
    include_excluded = forms.BooleanField(label="Also votes of excluded annotators", required=False)
    include_repeats = forms.BooleanField(
        label="Also answers to pairs that came again",
        required=False,
        help_text="Marked, and only in CSV, JSON Lines and Parquet.",
    )
    unflagged = forms.BooleanField(
        label="Without flagged annotators",
        required=False,
        help_text="Those whom a check of the quality page flags. A flag proves nothing.",
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.study = study
        self.criteria = {criterion.key: criterion for criterion in study.criteria.all()}
        choices = [
            ("", "All, or the first"),
            *((key, label_of(criterion.question)) for key, criterion in self.criteria.items()),
        ]
        self.fields["criterion"] = forms.ChoiceField(
            label="Question", required=False, choices=choices, help_text=self.fields["criterion"].help_text
        )
        self.order_fields(
            [
                "format",
                "criterion",
                "since",
                "votes",
                "include_flagged",
                "include_excluded",
                "include_repeats",
                "unflagged",
            ]
        )

    def export(self) -> Export:
        """Return the export that the form asks for."""
        values = self.cleaned_data
        since = values["since"] and datetime.combine(values["since"], time.min, UTC)
        selection = Selection(
            self.criteria.get(values["criterion"]),
            since,
            values["include_flagged"],
            values["include_excluded"],
            values["unflagged"],
            values["include_repeats"],
        )
        return Export(
            self.study, get_format(values["format"]), selection, Counting(values["votes"] or Counting.MAJORITY)
        )


class DraftForm(forms.ModelForm):
    """A new release."""

    class Meta:
        model = Release
        fields = ("name", "version", "licence", "description", "include_comments", "include_excluded")


class DoiForm(forms.ModelForm):
    """The DOI of a release."""

    class Meta:
        model = Release
        fields = ("doi",)
