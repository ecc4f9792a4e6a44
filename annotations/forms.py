from django import forms

from annotations.criteria import LIBRARY
from annotations.judging import CHOICES, Vote
from models_runner.models import Dataset, InstructionKind, System

DAY_MS = 24 * 60 * 60 * 1000


class VoteForm(forms.Form):
    token = forms.UUIDField()
    criterion = forms.SlugField(max_length=50)
    choice = forms.ChoiceField(choices=[(c, c) for c in CHOICES])
    client_key = forms.UUIDField()
    lead_time_ms = forms.IntegerField(min_value=0, max_value=DAY_MS, required=False)

    def vote(self) -> Vote:
        return Vote(**self.cleaned_data)


class StudyForm(forms.Form):
    """A new study over finished or coming summaries."""

    title = forms.CharField(max_length=200, help_text="For researchers; annotators do not see it.")
    slug = forms.SlugField(max_length=100, help_text="Short name for addresses and commands.")
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    instruction = forms.ChoiceField(choices=InstructionKind.choices, initial=InstructionKind.MEDIUM)
    systems = forms.ModelMultipleChoiceField(
        System.objects.all(), to_field_name="slug", widget=forms.CheckboxSelectMultiple, help_text="At least two."
    )
    criteria = forms.MultipleChoiceField(
        choices=[(key, question) for key, (question, _) in LIBRARY.items()],
        initial=["overall"],
        widget=forms.CheckboxSelectMultiple,
    )
    quota = forms.IntegerField(
        min_value=1, max_value=1000, initial=3, label="Votes per comparison", help_text="Each by another annotator."
    )
    guidelines = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), required=False, help_text="What annotators should pay attention to."
    )
