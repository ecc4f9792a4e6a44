"""Kinds of errors: those that come with the project, a study's own, and those of files from elsewhere."""

import re
import unicodedata

from django.db import models
from django.db.models import Q

from annotations.models import Study
from lib.names import normal_form

LONGEST_KIND = 100
# Signs that turn the order of what stands around a name on a page.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def folded(name: str) -> str:
    """Return a kind's name as it is compared: "Wrong_References" and "wrong references" are one kind."""
    return " ".join(re.split(r"[\s_\-/]+", normal_form(name).casefold())).strip()


def problem_of_name(name: str) -> str:
    """Say why a text cannot be the name of a kind; "" if it can."""
    shown = normal_form(name)
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in _REORDERING for character in shown):
        return "holds a line break or another control character."
    if not folded(shown) or all(unicodedata.category(character)[0] in "CMZ" for character in shown):
        return "has nothing that can be read in it."
    longest = max(len(shown), len(folded(shown)))
    return f"has {longest} characters; at most {LONGEST_KIND} are allowed." if longest > LONGEST_KIND else ""


class MarkKind(models.Model):
    """One kind of error in one study."""

    class About(models.TextChoices):
        WORDS = "words", "Words of the summary"
        WHOLE = "whole", "The whole summary"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="mark_kinds", db_index=False)
    key = models.CharField(max_length=LONGEST_KIND, help_text="The name as it is compared.")
    name = models.CharField(max_length=LONGEST_KIND, help_text="As files write it.")
    help_text = models.TextField(blank=True)
    about = models.CharField(max_length=10, choices=About.choices)
    asked = models.BooleanField(
        default=True, help_text="Offered to annotators; a kind that only came in a file is not."
    )
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["study", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "key"], name="mark_kind_once_per_study"),
            models.CheckConstraint(condition=~Q(key="") & ~Q(name=""), name="mark_kind_has_a_name"),
            models.CheckConstraint(condition=Q(about__in=["words", "whole"]), name="mark_kind_about_known"),
        ]

    def __str__(self) -> str:
        return self.name
