"""What annotators send from the rating page."""

from django import forms

from annotations.models import Remark
from annotations.models.remarks import LONGEST_REMARK
from annotations.rating.remarks import NewRemark
from annotations.rating.unblinding import GUESS_CHOICES
from annotations.rating.votes import CHOICES, SIDES, Vote

DAY_MS = 24 * 60 * 60 * 1000


class _Shared(dict[str, forms.Field]):
    """Share field objects between form instances: Django's per-instance deepcopy dominated vote validation."""

    def __deepcopy__(self, memo: object) -> "_Shared":
        return self


class VoteForm(forms.Form):
    """One answer to one question of a pair.

    Attributes:
        choice: One of CHOICES, or left-1, left-2, right-1, right-2, which also say how much better (2: much).
        how_much: The same for left and right in a field of its own; ignored beside another choice.
        after: If this answer completes its pair, the pair after the one with this token is wanted with the reply.
    """

    token = forms.UUIDField()
    criterion = forms.SlugField(max_length=50)
    choice = forms.ChoiceField(choices=[(c, c) for c in (*CHOICES, "left-1", "left-2", "right-1", "right-2")])
    how_much = forms.ChoiceField(choices=[(n, n) for n in ("", "1", "2")], required=False)
    client_key = forms.UUIDField()
    lead_time_ms = forms.IntegerField(min_value=0, max_value=DAY_MS, required=False)
    active_ms = forms.IntegerField(min_value=0, max_value=DAY_MS, required=False)
    after = forms.UUIDField(required=False)

    def vote(self) -> Vote:
        values = dict(self.cleaned_data)
        del values["after"]
        how_much = values.pop("how_much")
        choice, _, strength = values["choice"].partition("-")
        if choice in SIDES:
            strength = strength or how_much
        return Vote(**values | {"choice": choice, "strength": int(strength) if strength else None})


VoteForm.base_fields = _Shared(VoteForm.base_fields)


class RemarkForm(forms.Form):
    """A comment, a problem or a skip; after: as in VoteForm."""

    token = forms.UUIDField()
    kind = forms.ChoiceField(choices=[choice for choice in Remark.Kind.choices if choice[0] != Remark.Kind.UNSKIP])
    reason = forms.ChoiceField(choices=[("", ""), *Remark.Reason.choices], required=False)
    text = forms.CharField(max_length=LONGEST_REMARK, required=False)
    client_key = forms.UUIDField()
    after = forms.UUIDField(required=False)

    def said(self) -> NewRemark:
        values = self.cleaned_data
        reason = "" if values["kind"] == Remark.Kind.COMMENT else values["reason"]
        return NewRemark(values["token"], values["kind"], reason, values["text"], values["client_key"])


class UndoForm(forms.Form):
    client_key = forms.UUIDField()


class GuessForm(forms.Form):
    token = forms.UUIDField()
    choice = forms.ChoiceField(choices=[(c, c) for c in GUESS_CHOICES])


class NextForm(forms.Form):
    after = forms.UUIDField()
