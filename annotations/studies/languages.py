"""The languages of a study's documents, who reads them, and what nobody is left to read."""

from collections.abc import Iterable
from dataclasses import dataclass

import langcodes
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotations.models import Annotator, Assignment, Comparison, JudgeType, Study
from lib.language import normalise_language
from models_runner.models import Document

# Codes of documents whose language nobody wrote down; everybody is given them.
UNKNOWN = frozenset({"", "und", "mul", "mis", "zxx"})


@dataclass(frozen=True)
class StudyLanguage:
    """A language that annotators can say they read.

    Attributes:
        code: Without script and region: who reads "zh" is given "zh-Hans" and "zh-TW".
        name: In the language itself.
        documents: How many of the study's documents are in it.
    """

    code: str
    name: str
    documents: int


def study_languages(study: Study) -> list[StudyLanguage]:
    """Return the languages of the documents with pairs to rate, by name; those of unknown language are left out."""
    if len(_known(_dataset_codes(study))) < 1:
        return []
    pairs = study.comparisons.for_rating().filter(document=OuterRef("pk")).order_by()
    documents = Document.objects.filter(Exists(pairs), dataset=study.dataset_id).order_by()
    counts: dict[str, int] = {}
    for code, n in documents.values_list("language").annotate(n=Count("pk")):
        bare = normalise_language(code)
        if bare not in UNKNOWN:
            counts[bare] = counts.get(bare, 0) + n
    languages = [StudyLanguage(code, language_name(code), n) for code, n in counts.items()]
    return sorted(languages, key=lambda language: language.name.casefold())


def language_name(code: str) -> str:
    return langcodes.Language.get(code).autonym() if langcodes.tag_is_valid(code) else code


def asks_for_languages(study: Study) -> bool:
    """Return True if people are asked what they read: the documents have more than one known language."""
    return len(_known(_dataset_codes(study))) > 1 and len(study_languages(study)) > 1


def readable_codes(annotator: Annotator) -> list[str] | None:
    """Return the languages, as documents name them, that the annotator is given; None if that is all of them."""
    if not annotator.reads:
        return None
    codes = _dataset_codes(annotator.study)
    readable = _readable(codes, annotator.languages)
    return None if len(readable) == len(codes) else readable


def _readable(codes: Iterable[str], languages: Iterable[str]) -> list[str]:
    read = {*languages, *UNKNOWN}
    return [code for code in codes if normalise_language(code) in read]


def _dataset_codes(study: Study) -> list[str]:
    documents = Document.objects.filter(dataset=study.dataset_id).order_by()
    return list(documents.values_list("language", flat=True).distinct())


def _known(codes: Iterable[str]) -> set[str]:
    return {bare for code in codes if (bare := normalise_language(code)) not in UNKNOWN}


@dataclass(frozen=True)
class Readers:
    """Who can still be given documents of one language.

    Attributes:
        language: None for documents whose language is not known.
        readers: Annotators who read it and have not stopped, the excluded left out.
        stranded: Documents with a free place in a pair that none of them can still be given.
    """

    language: StudyLanguage | None
    readers: int
    stranded: int


def readers_of(study: Study) -> list[Readers]:
    """Return the readers of each language; empty where all documents have the same one."""
    languages = study_languages(study)
    codes = _dataset_codes(study)
    if len(languages) < 2:
        return []
    people = list(active(study))
    rows = [_readers(study, people, codes, language) for language in languages]
    unknown = [code for code in codes if normalise_language(code) in UNKNOWN]
    return [*rows, Readers(None, len(people), _stranded(study, unknown, people))] if unknown else rows


def active(study: Study) -> QuerySet[Annotator]:
    """People who may still rate: they neither stopped nor were excluded, nor rated elsewhere."""
    return study.annotators.included().filter(left_at=None, imported=False, judge_type=JudgeType.HUMAN)


def _readers(study: Study, people: list[Annotator], codes: list[str], language: StudyLanguage) -> Readers:
    readers = [annotator for annotator in people if not annotator.reads or language.code in annotator.languages]
    theirs = [code for code in codes if normalise_language(code) == language.code]
    return Readers(language, len(readers), _stranded(study, theirs, readers))


def _stranded(study: Study, codes: list[str], readers: list[Annotator]) -> int:
    wanting: QuerySet[Comparison] = study.comparisons.for_rating().wanting().filter(document__language__in=codes)
    if readers:
        theirs = Q(assignments__annotator__in=[reader.pk for reader in readers])
        had = Count("assignments", filter=theirs & ~Q(assignments__state=Assignment.State.EXPIRED))
        wanting = wanting.annotate(had=had).filter(had__gte=len(readers))
    return len(set(wanting.order_by().values_list("document", flat=True)))
