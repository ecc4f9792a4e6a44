"""Write the methods paragraph of a paper from how a board was computed; it claims nothing that was not done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from annotations.models import Judgement, JudgeType, LookSpending, Sampling, Study, WhichDocuments
from annotations.rating.sampling import has_question
from annotations.studies.criteria import label_of
from leaderboards.presentation.enough import in_numbers
from lib.numbers import count_of, format_count
from lib.text.translated import VERBATIM, translated_list
from stats.ratings.estimates import NO_LIMIT
from stats.votes.least import LEAST

Board = dict[str, Any]

ANGELOPOULOS = "Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient prediction-powered inference, arXiv 2311.01453."
BRADLEY_TERRY = "Bradley and Terry (1952), Rank analysis of incomplete block designs, Biometrika 39, 324–345."
DAVIDSON = (
    "Davidson (1970), On extending the Bradley–Terry model to accommodate ties in paired comparison experiments, "
    "Journal of the American Statistical Association 65, 317–328."
)
CAMERON = (
    "Cameron, Gelbach and Miller (2011), Robust inference with multiway clustering, Journal of Business and Economic "
    "Statistics 29, 238–249; Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3, 3; "
    "Satterthwaite (1946), Biometrics Bulletin 2, 110–114."
)
AGRESTI = "Agresti (1992), Analysis of ordinal paired comparison data, Applied Statistics 41, 287–297."
ROMANO = "Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping, Econometrica 73, 1237–1282."
PIAGGIO = (
    "Piaggio, Elbourne, Pocock, Evans and Altman (2012), Reporting of noninferiority and equivalence randomized "
    "trials, JAMA 308, 2594–2604."
)
SCHUIRMANN = (
    "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the "
    "equivalence of average bioavailability, Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680."
)
LAN = (
    "Lan and DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70, 659–663; Jennison and "
    "Turnbull (1989), Interim analyses: the repeated confidence interval approach, Journal of the Royal Statistical "
    "Society B 51, 305–361."
)
LIN = "Lin (2004), ROUGE: A package for automatic evaluation of summaries, Text Summarization Branches Out, 74–81."
ZHANG = "Zhang, Kishore, Wu, Weinberger and Artzi (2020), BERTScore: Evaluating text generation with BERT, ICLR 2020."
# By the first part of a signature.
METRIC_SOURCES = {"rouge": ("Lin, 2004", LIN), "bertscore": ("Zhang et al., 2020", ZHANG)}
TIES = {
    "tie and both bad half each": "ties and “both bad” counting as half a win for either side",
    "ties and both bad left out": "ties and “both bad” left out",
    "parameters for ties and for “much better”": (
        "parameters for ties and “both bad” and for “much better” in an adjacent-categories model (Agresti, 1992)"
    ),
    "Davidson's tie parameter": "a parameter for ties and “both bad” (Davidson, 1970)",
}
OF_MODELS = {"Davidson": DAVIDSON, "Agresti": AGRESTI}
LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "–": "--", "—": "---", "“": "``", "”": "''", "×": r"$\times$",
    **{character: f"\\{character}" for character in "&%$#_{}"}, VERBATIM: "",
}  # fmt: skip


@dataclass(frozen=True)
class Judging:
    """How the votes of a study were given.

    Attributes:
        here, elsewhere: Whether people rated on this site, and whether votes were imported.
        models: Whether language models voted.
        answers: The answers on offer, in words.
        simulated: Whether a program drew the votes, as in the example study; then nobody judged.
        documents: How the study's documents were taken, as a sentence; "" where they are all of the dataset.
        order: Which pairs came first, as a sentence; "" where all came alike.
        looks: The planned looks and what was found there, as sentences; none where none were planned.
    """

    here: bool
    elsewhere: bool
    models: bool
    answers: tuple[str, ...]
    simulated: bool = False
    documents: str = ""
    order: str = ""
    looks: tuple[str, ...] = ()


def judging_of(study: Study) -> Judging:
    """Read how the votes of included annotators were given; two queries, and one where looks were planned."""
    # Each person's first answer is looked up; joined, all answers of all people would be gone through.
    answered = Exists(Judgement.objects.filter(assignment__annotator=OuterRef("pk")))
    judges = study.annotators.included().filter(answered).order_by()
    kinds = set(judges.values_list("imported", "judge_type"))
    answers = ("left", "right", *(("equally good",) if study.allow_tie else ()))
    return Judging(
        here=any(not imported for imported, _ in kinds),
        elsewhere=any(imported for imported, _ in kinds),
        models=any(kind == JudgeType.LLM for _, kind in kinds),
        answers=(*answers, *(("both bad",) if study.allow_both_bad else ())),
        simulated=study.simulated,
        documents=_documents_of(study),
        order=_order_of(study),
        looks=_looks_of(study, imported=any(imported for imported, _ in kinds)),
    )


def _looks_of(study: Study, *, imported: bool) -> tuple[str, ...]:
    """imported: Whether some votes were given elsewhere, of which nobody here can say that the plan is older."""
    if not study.planned_looks:
        return ()
    older = ("Imported judgements may be older than this plan.",) if imported else ()
    kind = "Pocock" if study.look_spending == LookSpending.POCOCK else "O’Brien–Fleming"
    planned = _planned_at_votes(study, kind) if study.look_votes else _planned_at_dates(study, kind)
    taken = list(study.taken_looks.all())
    ended = next((look for look in taken if look.may_stop), None)
    if ended is not None:
        return planned, *older, f"The boundary was crossed at look {ended.number} of {study.planned_looks}."
    return planned, *older, f"{len(taken)} of {study.planned_looks} looks were taken, and none crossed its boundary."


def _planned_at_votes(study: Study, kind: str) -> str:
    at = ", ".join(format_count(votes) for votes in study.look_votes or ())
    return (
        f"Looks were planned before the first judgement, at {at} judgements between the two systems in question, with "
        f"boundaries by alpha spending of {kind} type (one-sided level 0.025; Lan and DeMets, 1983) and repeated "
        "confidence intervals (Jennison and Turnbull, 1989) with quantiles of t."
    )


def _planned_at_dates(study: Study, kind: str) -> str:
    dates = ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in study.look_moments)
    maximum = format_count(study.look_maximum or 0)
    return (
        f"Looks were planned before the first judgement, at dates (in UTC: {dates}), with boundaries by alpha spending "
        f"of {kind} type (one-sided level 0.025; Lan and DeMets, 1983), of which the information is the share of "
        f"{maximum} planned judgements between the two systems in question and all that is left is spent at the last "
        "date, and repeated confidence intervals (Jennison and Turnbull, 1989) with quantiles of t."
    )


def _documents_of(study: Study) -> str:
    if study.which_documents == WhichDocuments.CHOSEN:
        return "The documents were chosen, not drawn at random, so results are about these."
    if study.which_documents == WhichDocuments.SAMPLE and study.drawn_from:
        return f"The documents were a random sample drawn from {study.drawn_from} by seed {study.seed}."
    return ""


def _order_of(study: Study) -> str:
    if has_question(study):
        return (
            "Most judgements were asked for on the two systems in question, on one document after another in random "
            f"order; a share of {study.epsilon:g} of the draws was from all pairs of a document alike."
        )
    if study.sampling == Sampling.DIRECTED:
        return (
            "Documents and pairs were drawn before the first judgement, more often where judges and metrics were "
            "unsure or disagreed; each judgement weighs by the inverse of its chance to be drawn."
        )
    return ""


def as_text(board: Board, judging: Judging) -> str:
    """Write the paragraph and its references as plain text, in the language of the page."""
    sentences, sources = paragraph(board, judging)
    return "\n\n".join(
        [translated_list(sentences, " "), *(["\n".join([gettext("References"), *sources])] if sources else [])]
    )


def as_latex(board: Board, judging: Judging) -> str:
    """Write the paragraph and its references for LaTeX, with a comment that names the board."""
    sentences, sources = paragraph(board, judging)
    lines = [f"% {_one_line(board['study'])}, {board['criterion']}, fingerprint {board['fingerprint']}"]
    lines += [_latex(sentence) for sentence in sentences]
    if sources:
        lines += ["", r"\paragraph{References}", *(rf"{_latex(source)}\\" for source in sources)]
    return "\n".join(lines) + "\n"


def paragraph(board: Board, judging: Judging) -> tuple[list[str], list[str]]:
    """Return the sentences, and the references in the order in which they are cited."""
    parts = [
        *(_compared(board), _judged(board, judging), _rated(in_numbers(board)), _helped(board)),
        _decided(in_numbers(board)),
        (list(judging.looks), [LAN] if judging.looks else []),
        *(_scored(board), _recorded(board)),
    ]
    return [s for sentences, _ in parts for s in sentences], [s for _, sources in parts for s in sources]


Part = tuple[list[str], list[str]]


def _compared(board: Board) -> Part:
    systems, dataset = count_of(len(board["systems"]), "system"), board["dataset"]
    return [f"We compared {systems} on the dataset {dataset} ({board['instruction']} instruction)."], []


def _judged(board: Board, judging: Judging) -> Part:
    if not board["votes"]:
        return ["No human judgements were collected."], []
    judges = "annotator" if not judging.models else "judge"
    counts = (
        f"{count_of(board['annotators'], judges)} gave {count_of(board['votes'], 'judgement')} on "
        f"{count_of(board['documents'], 'document')}, each on a pair of summaries of the same document."
    )
    sentences = [counts, *([judging.documents] if judging.documents else [])]
    if judging.models:
        sentences.append("Some of the judges were language models.")
    if judging.here:
        who = "Judgements made on our site were" if judging.elsewhere else "Judgements were"
        question = label_of(board["question"])
        sentences.append(
            f"{who} blind: the names of the systems were hidden and the sides counterbalanced. To the question "
            f"“{question}” the answers were {_listed(judging.answers)}."
        )
        sentences += filter(None, [judging.order])
    if judging.simulated:
        sentences.append("A program drew these judgements to show what results look like; they are no evidence.")
    elif judging.elsewhere:
        which = "Other judgements" if judging.here else "The judgements"
        sentences.append(f"{which} were made elsewhere and imported.")
    return [*sentences, *_left_out(board.get("flagged_annotators"), judges)], []


def _left_out(names: Sequence[str] | None, judges: str) -> list[str]:
    if not names:
        return []
    return [
        f"Judgements of {count_of(len(names), judges)} were left out because an automatic check flagged them "
        "(judgements unlike the others', one side preferred, runs of one answer, speed, missed control items): "
        f"{_listed(names) if len(names) > 1 else names[0]}."
    ]


def _rated(board: Board) -> Part:
    """Describe the ratings; say nothing where none is defined."""
    if all(line["rating"] is None for line in board["systems"]):
        return [], []
    ties = next((text for key, text in TIES.items() if key in board["method"]), None)
    if ties is None:
        return [f"Ratings: {board['method']}."], []
    sources = [BRADLEY_TERRY, *(source for name, source in OF_MODELS.items() if name in ties)]
    prior = re.search(r"Gaussian prior \(sd ([\d.]+) log-odds\)", board["method"])
    weak = f" with a weak Gaussian prior (standard deviation {prior[1]} in log-odds)" if prior else ""
    sentence = (
        f"Ratings are Bradley–Terry strengths (Bradley and Terry, 1952), estimated by maximum likelihood{weak}, "
        f"{ties}, on a scale on which 400 points are odds of 10 to 1."
    )
    if (board.get("weights") or {}).get("annotators"):
        sentence += (
            " Each judgement weighs in proportion to its judge's discrimination in a judge-aware Bradley–Terry model, "
            "estimated from judgements on other documents alone (five folds)."
        )
    if all(line["rating_lower"] is None for line in board["systems"]):
        return [sentence], sources
    return [sentence, *_interval(board)], [*sources, CAMERON, ROMANO]


def _helped(board: Board) -> Part:
    """Say how a judge's verdicts move the ratings; say nothing where none helps."""
    helped = board.get("helped")
    if not helped or helped["reason"]:
        return [], []
    worth = count_of(round(helped["effective_votes"]), "judgement")
    sentence = (
        f"The verdicts of judge {helped['judge']}, a language model, on {count_of(helped['pairs'], 'pair')} move the "
        "ratings by prediction-powered inference (PPI++; Angelopoulos et al., 2023), with predictions from other "
        f"documents alone; together they are worth {worth} of people."
    )
    return [sentence], [ANGELOPOULOS]


def _interval(board: Board) -> list[str]:
    if board["annotators"] == 1:
        clusters, kind = "documents (there was one annotator)", "one-way"
    elif board["documents"] == 1:
        clusters, kind = "annotators (there was one document)", "one-way"
    else:
        clusters, kind = "documents and annotators", "two-way"
    interval = (
        f"Intervals are 95 % intervals that take {clusters} for random samples ({kind} sandwich; Cameron et al., "
        "2011), with variances between them half pooled over systems (Smyth, 2004) and quantiles of t (Satterthwaite, "
        "1946). Ranks hold for all systems at once: intervals of all differences are widened to hold together (Romano "
        f"and Wolf, 2005; {format_count(board['resamples'])} draws, seed {board['seed']})."
    )
    differ = (
        "Two systems are said to differ if the interval of their difference, widened so that those of all pairs hold "
        f"at once, leaves out zero and there are at least {LEAST} on each; ranks follow from the same rule."
    )
    return [interval, differ, *_without_limit(board)]


def _without_limit(board: Board) -> list[str]:
    names = [line["system"] for line in board["systems"] if line["reasons"].get("rating_lower") == NO_LIMIT]
    if not names:
        return []
    named = names[0] if len(names) == 1 else _listed(names)
    return [
        f"The votes set no limit to how far {named} {'leads or trails' if len(names) == 1 else 'lead or trail'}: "
        "intervals are those of the other systems, with their mean held."
    ]


def _decided(board: Board) -> Part:
    """Describe the test of the two systems in question; say nothing without two of them and a margin."""
    verdict = board["verdict"]
    small, large, margin = verdict["small"], verdict["large"], verdict["margin"]
    if not (small and large) or margin is None or verdict["lower"] is None or verdict["too_few"]:
        return [], []
    share = f"{100 * (0.5 - margin):g} %"
    rule = (
        f"{small} counts as not inferior to {large} if the lower end of the 95 % interval of the share of comparisons "
        f"in which it is preferred (ties half) lies above {share} (margin {margin:g}, fixed when the study was made; "
        f"Piaggio et al., 2012), and as equivalent if the upper end also lies below {100 * (0.5 + margin):g} % (two "
        "one-sided tests of level 0.025; Schuirmann, 1987)."
    )
    return [rule, _chosen(verdict)], [PIAGGIO, SCHUIRMANN]


def _chosen(verdict: Board) -> str:
    """Say who chose the two systems, and so how many pairs the interval holds for."""
    sides = [verdict["chosen"][side]["by"] for side in ("small", "large")]
    if verdict["pairs"] > 1:
        if "named" in sides and not verdict["named_before_votes"]:
            return (
                f"They were named after the first vote: the interval holds for all {verdict['pairs']:,} pairs at once."
            )
        return f"The votes chose the pair, so the interval holds for all {verdict['pairs']:,} pairs at once."
    if sides == ["named", "named"]:
        return "Both systems were named before the first vote, so the interval is that of one pair."
    return "There was one pair to choose, so the interval is that of one pair."


def _scored(board: Board) -> Part:
    signatures = board["signatures"]
    if not signatures:
        return [], []
    sources_of = [METRIC_SOURCES.get(signature.split("|")[0]) for signature in signatures]
    cited = list(dict.fromkeys(source for source in sources_of if source))
    sources = f" ({'; '.join(short for short, _ in cited)})" if cited else ""
    word = "this signature" if len(signatures) == 1 else "these signatures"
    sentence = f"Automatic metrics{sources} are means over a system's summaries, with {word}: {'; '.join(signatures)}."
    return [sentence], [source for _, source in cited]


def _recorded(board: Board) -> Part:
    return [
        f"Computed with version {board['code_version']} of Punchweight's boards; SHA-256 of the data: "
        f"{board['fingerprint']}."
    ], []


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in _one_line(text))
