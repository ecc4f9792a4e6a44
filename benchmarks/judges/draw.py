"""Draw studies in which people and a judge answer the same pairs, and the judge's faults are known."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import expit, logit

from stats.judges.arrays import Items, PeopleVotes, Verdicts
from stats.votes.arrays import BoolArray, FloatArray, IntArray, OutcomeCode


@dataclass(frozen=True)
class JudgeDesign:
    """What is asked, of how many people, and how the judge errs.

    Of each pair one summary is better for most people; which, is drawn by the systems' strengths and the document.

    Attributes:
        documents, systems, people: How many; every pair of systems of every document is an item.
        per_document: People who vote on all items of a document; 0 for nobody.
        gap: Distance of neighbouring systems, in log-odds.
        taste: Standard deviation of documents' liking for each system, in log-odds.
        people_right: Chance that a person's vote is for the better summary, if it is no tie, in the middle.
        ties: Chance that a vote is a tie.
        ease: Standard deviation of documents' ease, for people and judge alike, in log-odds of being right.
        skill: The same of people's skill.
        accuracy: Chance that the judge's own answer is the better summary, in the middle.
        first, longer: Chances that a verdict is for the summary shown first, or for the longer, whatever the answer.
        sharpness: Factor of the log-odds of the chance that the judge tells; 1 is a calibrated judge.
        samples: Of each order.
    """

    documents: int = 60
    systems: int = 4
    people: int = 6
    per_document: int = 3
    gap: float = 0.3
    taste: float = 0.5
    people_right: float = 0.85
    ties: float = 0.1
    ease: float = 0.5
    skill: float = 0.3
    accuracy: float = 0.8
    first: float = 0.0
    longer: float = 0.0
    sharpness: float = 1.0
    samples: int = 1


@dataclass(frozen=True)
class JudgedStudy:
    """One study: what was compared, who of each pair is better, lengths (n_items, 2), people's votes, verdicts."""

    items: Items
    better: IntArray
    length: FloatArray
    votes: PeopleVotes
    verdicts: Verdicts


def draw_study(design: JudgeDesign, rng: np.random.Generator) -> JudgedStudy:
    """Draw one study."""
    pairs = np.array(list(combinations(range(design.systems), 2)))
    document = np.repeat(np.arange(design.documents), len(pairs))
    a, b = np.tile(pairs, (design.documents, 1)).T
    items = Items(a, b, document)
    strength = design.gap * (np.arange(design.systems)[::-1] - (design.systems - 1) / 2)
    liking = strength + rng.normal(0, design.taste, (design.documents, design.systems))
    better = np.where(
        rng.random(len(a)) < expit(liking[document, a] - liking[document, b]), OutcomeCode.A, OutcomeCode.B
    )
    words = np.exp(rng.normal(4.5, 0.4, (design.documents, design.systems)))
    length = np.column_stack([words[document, a], words[document, b]])
    ease = rng.normal(0, design.ease, design.documents)[document]
    votes = _votes(design, items, better, ease, rng)
    return JudgedStudy(items, better, length, votes, _verdicts(design, better, ease, length, rng))


def _votes(
    design: JudgeDesign, items: Items, better: IntArray, ease: FloatArray, rng: np.random.Generator
) -> PeopleVotes:
    """Have some people vote on all items of each document."""
    skill = rng.normal(0, design.skill, design.people)
    asked = rng.random((design.documents, design.people)).argsort(axis=1) < design.per_document
    item, annotator = np.nonzero(asked[items.document])
    right = rng.random(len(item)) < expit(logit(design.people_right) + ease[item] + skill[annotator])
    outcome = np.where(right, better[item], 1 - better[item])
    tie = rng.random(len(item)) < design.ties
    return PeopleVotes(item, annotator, np.where(tie, OutcomeCode.TIE, outcome))


def _verdicts(
    design: JudgeDesign, better: IntArray, ease: FloatArray, length: FloatArray, rng: np.random.Generator
) -> Verdicts:
    """Have the judge answer each item in both orders; its own answer is one for both orders of a sample."""
    n = len(better)
    chance = expit(logit(design.accuracy) + ease)
    item = np.tile(np.arange(n), 2 * design.samples)
    sample = np.repeat(np.arange(design.samples), 2 * n)
    a_first = np.tile(np.repeat([True, False], n), design.samples)
    right = np.concatenate([np.tile(rng.random(n) < chance, 2) for _ in range(design.samples)])
    own = np.where(right, better[item], 1 - better[item])
    told = expit(design.sharpness * logit(chance))[item]
    share = np.where(own == OutcomeCode.A, told, 1 - told)
    moved = rng.random(len(item))
    longer = np.where(length[item, 0] > length[item, 1], OutcomeCode.A, OutcomeCode.B)
    outcome = np.where(moved < design.first, np.where(a_first, OutcomeCode.A, OutcomeCode.B), own)
    outcome = np.where((moved >= design.first) & (moved < design.first + design.longer), longer, outcome)
    side: BoolArray = outcome != own
    return Verdicts(item, outcome, a_first, sample, np.where(side, 1 - share, share))
