"""Offer a study's filters as the fields of a form, and say in words what the chosen ones leave out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet

from annotations.models import Invitation, JudgeType, Sampling, Study, Wanted
from judges.models import Judge, Verdict
from leaderboards.data.filters import (
    CONTROL,
    FLAGGED,
    GROUPS,
    HELPED,
    JUDGE,
    JUDGES,
    LENGTHS,
    LONG_FROM,
    MEDIUM_FROM,
    PEOPLE,
    RATERS,
    SIZES,
    STRENGTH,
    TIES,
    WEIGHTS,
    Filters,
    UnknownFilterError,
)
from lib.language_codes import UnknownLanguageError, language_code
from lib.names import normal_form
from lib.text.translated import verbatim
from models_runner.models import Document
from stats.votes.least import LEAST_ANNOTATORS

ANY = "all"
MEAN = "the mean of all"
# Filters whose values depend on the study.
OWN = ("language", "split", "group", "anchor")


@dataclass(frozen=True)
class FilterOption:
    """An option of a select."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True)
class FilterChoice:
    """A filter as a select."""

    name: str
    label: str
    options: list[FilterOption]


def check_choice(filters: Filters, study: Study) -> Filters:
    """Return the filters with names as this study has them. Raises UnknownFilterError for a value that it has not."""
    if filters.source != PEOPLE and filters.source not in (sources := source_choices(study)):
        raise UnknownFilterError("source", filters.source, ", ".join(sources))
    if not any(name in filters.asked for name in OWN):
        return filters
    options: dict[str, Callable[[], Mapping[str, str]]] = {
        "language": lambda: _languages(study),
        "split": lambda: _splits(study),
        "group": lambda: _groups(study),
        "anchor": lambda: _systems(study),
    }
    form_of = {"language": _language_form, "split": normal_form, "group": normal_form, "anchor": normal_form}
    chosen = {}
    for name in OWN:
        if (value := filters.asked.get(name)) is None:
            continue
        values = options[name]()
        same = [option for option in values if form_of[name](option) == form_of[name](value)]
        if value not in values and len(same) != 1:
            raise UnknownFilterError(name, value, ", ".join(values) or "nothing; this study has none")
        chosen[name] = value if value in values else same[0]
    return replace(filters, **chosen)


def source_choices(study: Study) -> dict[str, str]:
    """Return whose answers a board of this study may be of: people's, a judge's, or people's helped by a judge's."""
    answered = Verdict.objects.done().filter(study=study).order_by().values("judge").distinct()
    judges = list(Judge.objects.filter(pk__in=answered).values_list("name", flat=True))
    return (
        {PEOPLE: "people"}
        | {f"{JUDGE}{name}": f"verdicts of judge {verbatim(name)}" for name in judges}
        | {f"{HELPED}{name}": f"people helped by judge {verbatim(name)}" for name in judges}
    )


def _language_form(name: str) -> str:
    """Return the code of a language given by code or name; a name that nobody knows stays."""
    try:
        return language_code(name)
    except UnknownLanguageError:
        return normal_form(name)


def filter_choices(study: Study, filters: Filters, *, flagged_votes: int) -> list[FilterChoice]:
    """Return the filters that make a difference in this study, and those that are set."""
    groups = _groups(study)
    sources = source_choices(study)
    offered: list[tuple[str, str, Mapping[str, str]]] = [
        ("source", "Answers of", sources if len(sources) > 1 else {}),
        ("judges", "Votes by", JUDGES if _has_llm_judges(study) else {}),
        ("group", "Annotators who came", _several({"": ANY, **groups})),
        ("language", "Language", _several({"": ANY, **_languages(study)})),
        ("length", "Documents", _several({"": ANY, **_lengths(study)})),
        ("split", "Split", _several({"": ANY, **_splits(study)})),
        ("size", "Systems", _several({"": ANY, **_sizes(study)})),
        ("flagged", "Summaries that name a model", FLAGGED if flagged_votes else {}),
        ("raters", "Flagged annotators", RATERS if groups else {}),
        ("ties", "Ties and both bad", TIES),
        ("strength", "How much better", STRENGTH if study.strength != Wanted.OFF else {}),
        ("weights", "Votes weigh", _weights(study)),
        ("control", "Ratings", CONTROL),
        ("anchor", "Rating fixed at 1000", _several({"": MEAN, **_systems(study)})),
    ]
    return [
        FilterChoice(name, label, _options(values, getattr(filters, name)))
        for name, label, values in offered
        if (values or name in filters.asked) and name not in filters.refused
    ]


def _weights(study: Study) -> Mapping[str, str]:
    """Return how votes may weigh: by their chance where pairs were drawn, by reliability where several people rate."""
    several = len(study.annotators.order_by().values("pk")[:LEAST_ANNOTATORS]) == LEAST_ANNOTATORS
    directed = study.sampling == Sampling.DIRECTED
    # Votes of a directed study weigh by their chance unless another weight is chosen.
    drawn = study.sampling != Sampling.EVEN and not directed
    makes_sense = {"equal": True, "chance": drawn, "reliability": several}
    names = WEIGHTS | {"equal": WEIGHTS["chance"]} if directed else WEIGHTS
    offered = {name: text for name, text in names.items() if makes_sense[name]}
    return offered if len(offered) > 1 else {}


def _several(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the values if there is a choice: "" and one value is none, because it leaves out no vote."""
    return values if len(values) > 2 else {}


def _options(values: Mapping[str, str], chosen: str) -> list[FilterOption]:
    offered = values if chosen in values else {**({} if values else {"": ANY}), **values, chosen: chosen}
    return [FilterOption(value, label, value == chosen) for value, label in offered.items()]


def _documents(study: Study) -> QuerySet[Document]:
    return Document.objects.filter(dataset=study.dataset_id).order_by()


def _languages(study: Study) -> dict[str, str]:
    languages = _documents(study).values_list("language", flat=True).distinct()
    return {language: language for language in sorted(languages)}


def _splits(study: Study) -> dict[str, str]:
    splits = _documents(study).exclude(split="").values_list("split", flat=True).distinct()
    return {split: split for split in sorted(splits)}


def _lengths(study: Study) -> dict[str, str]:
    short, medium = Q(word_count__lt=MEDIUM_FROM), Q(word_count__lt=LONG_FROM)
    counts = _documents(study).aggregate(
        short=Count("pk", filter=short), medium=Count("pk", filter=~short & medium), long=Count("pk", filter=~medium)
    )
    return {name: label for name, label in LENGTHS.items() if counts[name]}


def _sizes(study: Study) -> dict[str, str]:
    classes = {system.size_class for system in study.systems.all()}
    return {name: label for name, label in SIZES.items() if name in classes}


def _systems(study: Study) -> dict[str, str]:
    names = study.systems.order_by("slug").values_list("slug", "name")
    return {slug: verbatim(name) for slug, name in names}


def _has_llm_judges(study: Study) -> bool:
    return study.annotators.filter(judge_type=JudgeType.LLM).exists()


def _groups(study: Study) -> dict[str, str]:
    """Return the groups of annotators. Personal invitations are one group, because each is one person's."""
    kinds = study.annotators.order_by().values_list("imported", "invitation", "invitation__kind", "invitation__label")
    groups: dict[str, str] = {}
    for imported, invitation, kind, label in sorted(kinds.distinct(), key=lambda row: row[1] or 0):
        if imported or invitation is None or kind == Invitation.Kind.EMAIL:
            key = "imported" if imported else "open" if invitation is None else "personal"
            groups[key] = GROUPS[key]
        else:
            groups[str(invitation)] = f"by invitation {invitation}" + (f" ({verbatim(label)})" if label else "")
    return groups


# What each filter leaves out, with its value.
LEFT_OUT = {
    "language": "documents in other languages than {}",
    "length": "documents that are not {}",
    "split": "documents of other splits than {split}",
    "group": "annotators who came otherwise than {}",
    "size": "systems that are not {}",
}


def left_out(filters: Filters) -> list[str]:
    """Say what the filters leave out, as parts of a sentence."""
    words = {
        "judges": {"human": "votes by language models", "llm": "votes by people"},
        "flagged": {"out": "votes on summaries that name a model or maker which the meeting does not"},
        "raters": {"unflagged": "votes of annotators whom a check on the quality page flags"},
    }
    parts: list[str] = []
    for name, value in filters.asked.items():
        if name in words:
            parts.append(words[name][value])
        elif name in LEFT_OUT:
            parts.append(LEFT_OUT[name].format(_in_words(name, value), split=value))
    return parts


def _in_words(name: str, value: str) -> str:
    if name == "group":
        return GROUPS.get(value, f"by invitation {value}")
    return LENGTHS.get(value, value)
