"""Give a study its kinds of errors: those of the project, its owner's own, and those that come with a file."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from annotations.models import Study
from marks.kinds.library import LIBRARY, WHOLE, WORDS
from marks.models import MarkKind, folded, problem_of_name

LONGEST_HELP = 500
MOST_KINDS = 60


class KindError(ValueError):
    """A kind cannot be added; the message says why."""


@dataclass(frozen=True)
class NewKind:
    """A kind to add; about is one of MarkKind.About."""

    name: str
    about: str = WORDS
    help_text: str = ""


def ensure_library(study: Study) -> None:
    """Give the study the project's kinds, if it has no kinds to offer yet."""
    if not study.mark_kinds.filter(asked=True).exists():
        _add(study, [NewKind(kind.name, kind.about) for kind in LIBRARY], asked=True)


@transaction.atomic
def add_own_kinds(study: Study, kinds: Iterable[NewKind]) -> None:
    """Add kinds of the owner's own, which annotators are offered beside the project's. Raises KindError."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    new = list(kinds)
    for kind in new:
        _check(kind)
    ensure_library(locked)
    _add(locked, new, asked=True)


@transaction.atomic
def offer_only(study: Study, names: Iterable[str]) -> None:
    """Offer annotators these kinds and no others; marks of others stay. Raises KindError for a name that is unknown."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    ensure_library(locked)
    wanted = {folded(name): name for name in names}
    known = set(locked.mark_kinds.values_list("key", flat=True))
    for key, name in wanted.items():
        if key not in known:
            raise KindError(f"{name!r} is no kind of study {study.slug}. It has {', '.join(sorted(known))}.")
    if not wanted:
        raise KindError("Choose at least one kind.")
    locked.mark_kinds.filter(key__in=wanted).update(asked=True)
    locked.mark_kinds.exclude(key__in=wanted).update(asked=False)


def kinds_named(study: Study, named: Iterable[NewKind]) -> dict[str, MarkKind]:
    """Return the study's kinds by key; those that it lacks are added, and annotators are not offered them.

    The study must be locked. A name of the project's library is that kind, whatever the study offers.
    """
    of_library = {folded(kind.name): kind for kind in LIBRARY}
    known = {kind.key: kind for kind in study.mark_kinds.all()}
    new = {folded(kind.name): kind for kind in named if folded(kind.name) not in known}
    ours = {key: NewKind(of_library[key].name, of_library[key].about) for key in new if key in of_library}
    _add(study, (new | ours).values(), asked=False)
    return {kind.key: kind for kind in study.mark_kinds.all()}


def _check(kind: NewKind) -> None:
    if not kind.name.strip():
        raise KindError("A kind needs a name.")
    if problem := problem_of_name(kind.name):
        raise KindError(f"{kind.name[:20]!r}{'…' if len(kind.name) > 20 else ''}: {problem}")
    if len(kind.help_text) > LONGEST_HELP:
        raise KindError(
            f"The help of {kind.name!r} has {len(kind.help_text)} characters; at most {LONGEST_HELP} are allowed."
        )
    if kind.about not in (WORDS, WHOLE):
        raise KindError(f"{kind.name!r} is about {kind.about!r}; expected {WORDS} or {WHOLE}.")


def _other_meaning(kind: NewKind) -> KindError:
    if kind.about == WORDS:
        return KindError(
            f"{kind.name!r} is a kind of this study already, and is about the whole summary. Choose another name."
        )
    return KindError(f"{kind.name!r} is a kind of this study already, and is about words. Choose another name.")


def _add(study: Study, kinds: Iterable[NewKind], *, asked: bool) -> None:
    there = {kind.key: kind for kind in study.mark_kinds.all()}
    new = {folded(kind.name): kind for kind in kinds}
    for kind in (kind for key, kind in new.items() if key in there and asked):
        if kind.about != there[folded(kind.name)].about:
            raise _other_meaning(kind)
        study.mark_kinds.filter(key=folded(kind.name)).update(asked=True, help_text=kind.help_text)
    lacking = {key: kind for key, kind in new.items() if key not in there}
    if len(there) + len(lacking) > MOST_KINDS:
        number = len(there) + len(lacking)
        raise KindError(f"The study would have {number} kinds of errors; at most {MOST_KINDS} are allowed.")
    first = max((kind.position for kind in there.values()), default=-1) + 1
    MarkKind.objects.bulk_create(
        MarkKind(
            study=study,
            key=key,
            name=kind.name.strip(),
            help_text=kind.help_text,
            about=kind.about,
            asked=asked,
            position=first + n,
        )
        for n, (key, kind) in enumerate(lacking.items())
    )
