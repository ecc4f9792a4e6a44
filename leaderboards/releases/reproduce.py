"""Recompute the board of this release from its files, and compare it with board.json. Needs Python 3.9 and numpy.

    python reproduce.py [FOLDER]

Reads data/votes.jsonl, data/systems.jsonl, data/summaries.jsonl and data/scores.jsonl. Ratings are Bradley-Terry
strengths by maximum likelihood with a weak Gaussian prior; a tie, and both bad, is half a win for each side. Intervals
take documents and judges for random samples (Cameron, Gelbach and Miller 2011; Henderson 1953; Satterthwaite 1946).
Where drawing documents and judges again with replacement, with the seed in board.json, says nothing about a system in
half of the draws, it has no interval. The votes set no limit to how far a system leads that won every vote (Ford 1957):
it has no interval either, and the mean of the others is held where it is.
In a board "by_chance", each vote weighs 1 / (sampling_prob * sampling_from), scaled to mean 1 over the votes that were
drawn; the others weigh 1.
Every draw and every rule for when to stop is the site's, so that the numbers agree to 1e-9.

This is one file, though a long one: a release is read by people who have Python, numpy and this folder, and a second
module beside it would be one more thing to keep together.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import NormalDist

import numpy as np

PRIOR_SD = 10.0  # log-odds
PENALTY = PRIOR_SD**-2
SCALE = 400 / np.log(10)  # rating points by log-odds
MEAN = 1000.0
OUTCOMES = {"model_a": 0, "model_b": 1, "tie": 2, "both_bad": 3}
SHARE_OF_A = np.array([1.0, 0.0, 0.5, 0.5])  # what the first system has of a win, by outcome
LEVEL = 0.95
OWN = 0.5  # how much of what documents or judges differ is a system's own
LARGEST_FREEDOM = 10_000.0
NEGLIGIBLE = 1e-9  # a variance below this share of that of single votes is none
NORMAL = 1.959963984540054  # quantile of the normal distribution for two-sided bounds at that level
AGREES = 1e-9


def read(folder, table):
    with open(folder / "data" / f"{table}.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Votes:
    """One entry a vote, by number: a, b (systems), outcome, document, judge; and its weight."""

    def __init__(self, rows, systems, by_chance):
        place = {system: i for i, system in enumerate(systems)}
        rows = [row for row in rows if row["model_a"] in place and row["model_b"] in place]
        self.n = len(systems)
        self.a = np.array([place[row["model_a"]] for row in rows], dtype=np.int64)
        self.b = np.array([place[row["model_b"]] for row in rows], dtype=np.int64)
        self.outcome = np.array([OUTCOMES[row["winner"]] for row in rows], dtype=np.int64)
        self.document = numbered([row["document_id"] for row in rows])
        self.judge = numbered([row["judge"] for row in rows])
        self.weight = chance_weights(rows) if by_chance else np.ones(len(rows))

    def wins(self):
        """[i, j]: how often i beat j, with half of each tie and each both bad."""
        n, share = self.n, SHARE_OF_A[self.outcome]
        forward = np.bincount(self.a * n + self.b, self.weight * share, minlength=n * n).reshape(n, n)
        backward = np.bincount(self.b * n + self.a, self.weight * (1 - share), minlength=n * n).reshape(n, n)
        return forward + backward

    def of_systems(self, chosen=None):
        """Votes each system took part in."""
        a, b = (self.a, self.b) if chosen is None else (self.a[chosen], self.b[chosen])
        return np.bincount(a, minlength=self.n) + np.bincount(b, minlength=self.n)


def chance_weights(rows):
    """1 / (chance of the draw * comparisons drawn among), with the mean 1; 1 for votes that were not drawn."""
    chance = [math.nan if row["sampling_prob"] is None else row["sampling_prob"] * row["sampling_from"] for row in rows]
    weights = 1 / np.array(chance, dtype=float)
    drawn = ~np.isnan(weights)
    return np.where(drawn, weights / (weights[drawn].mean() if drawn.any() else 1), 1.0)


def numbered(names):
    """Documents and judges are drawn by the place of their names in the alphabet."""
    place = {name: i for i, name in enumerate(sorted(set(names)))}
    return np.array([place[name] for name in names], dtype=np.int64)


def win_chance(gap):
    """How likely a system wins that leads by so many log-odds."""
    return 0.5 + 0.5 * np.tanh(gap / 2)


def fit(wins, start=None):
    """Log-strengths with mean zero, by Newton's method with shortened steps."""
    games, won = wins + wins.T, wins.sum(axis=1)
    strengths = np.zeros(len(wins)) if start is None else start.astype(float)
    for _ in range(200):
        chance = win_chance(strengths[:, None] - strengths[None, :])
        expected = games * chance
        gradient = won - expected.sum(axis=1) - PENALTY * strengths
        curvature = expected * (1 - chance)
        hessian = np.diag(curvature.sum(axis=1) + PENALTY) - curvature
        step = np.linalg.solve(hessian, gradient)
        step -= step.mean()
        spread = np.ptp(step)
        strengths = strengths + step * (np.log1p(spread) / max(spread, 1e-8))
        if spread <= 1e-8:
            return strengths - strengths.mean()
    raise RuntimeError("The fit does not come to rest.")


def circles(wins):
    """[i, j]: whether each leads to the other along wins; only of such pairs do the votes limit the distance."""
    reach = ((wins > 0) | np.eye(len(wins), dtype=bool)).astype(float)
    while True:
        grown = (reach @ reach > 0).astype(float)
        if (grown == reach).all():
            return (reach > 0) & (reach.T > 0)
        reach = grown


class Bootstrap:
    """Strengths in each resample, from the counts of each pair of systems that met."""

    def __init__(self, votes, full):
        self.votes, self.full, self.n = votes, full, votes.n
        first, second = np.minimum(votes.a, votes.b), np.maximum(votes.a, votes.b)
        pairs, pair = np.unique(first * self.n + second, return_inverse=True)
        self.first, self.second = np.divmod(pairs, self.n)
        won = (votes.outcome == 0) == (votes.a == first)
        self.group = pair * 3 + np.where(votes.outcome >= 2, 2, np.where(won, 0, 1))
        self.games = self.counts(np.ones(len(votes.outcome)))[2]  # each vote drawn once
        rows = np.arange(len(pairs))
        self.incidence = np.zeros((self.n, len(pairs)))
        self.incidence[self.first, rows], self.incidence[self.second, rows] = 1.0, -1.0
        chance = self.chances(full)
        weighted = self.incidence * (self.games * chance * (1 - chance))
        self.inverse = np.linalg.inv(weighted @ self.incidence.T + PENALTY * np.eye(self.n))

    def counts(self, times):
        """Wins, losses (with half of each tie) and games of the first of each pair, votes drawn so many times."""
        sums = np.bincount(self.group, self.votes.weight * times, minlength=3 * len(self.first))
        won, lost, tied = sums.reshape(-1, 3).T
        wins = won + 0.5 * tied
        return wins, lost + 0.5 * tied, wins + lost + 0.5 * tied

    def chances(self, strengths):
        odds = np.exp(np.clip(strengths, -300, 300))
        return odds[self.first] / (odds[self.first] + odds[self.second])

    def strengths(self, times):
        """Of one resample, in which votes were drawn so many times; NaN where it says nothing about a system."""
        wins, losses, games = self.counts(times)
        met = games > 0
        edges = np.zeros((self.n, self.n), dtype=bool)
        edges[self.first, self.second] = edges[self.second, self.first] = met
        present = edges.any(axis=1)
        one_part = met.all() or (present.any() and circles(edges)[present][:, present].all())
        if not one_part:
            return np.full(self.n, np.nan)
        if present.all():
            return self.placed(self.refit(wins, losses, games))
        return self.placed(np.where(present, self.full_fit(wins, losses), np.nan))

    def full_fit(self, wins, losses):
        matrix = np.zeros((self.n, self.n))
        matrix[self.first, self.second], matrix[self.second, self.first] = wins, losses
        return fit(matrix, self.full)

    def refit(self, wins, losses, games):
        """Newton steps with the curvature of the full set, scaled; a full fit where they do not shrink fast."""
        scale = self.games.sum() / games.sum()
        at, spread = self.full.copy(), np.inf
        for _ in range(15):
            gradient = self.incidence @ (wins - games * self.chances(at)) - PENALTY * at
            step = (self.inverse @ gradient) * scale
            step -= step.mean()
            at = at + step
            last, spread = spread, np.ptp(step)
            if spread > 0.5 * last:
                break
            if spread <= 1e-6:
                return at - at.mean()
        return self.full_fit(wins, losses)

    def placed(self, fitted):
        """Moved so that the mean of the systems that are there is their mean in the full set."""
        there = ~np.isnan(fitted)
        return fitted + np.where(there, self.full - fitted, 0).sum() / max(there.sum(), 1)


def drawn(generator, units, resamples):
    """How often each unit was drawn in each resample."""
    picked = generator.integers(units, size=(resamples, units))
    return [np.bincount(row, minlength=units).astype(float) for row in picked]


def held(found, full, circle):
    """Resamples moved so that the mean of each circle is its mean in the full set."""
    there = ~np.isnan(found)
    off = np.where(there, full - found, 0)
    return found + off @ circle / np.maximum(there.astype(float) @ circle, 1)


def unsure(wins, circle):
    """Pairs without limit of whom nobody can say who is better.

    Half a win is added each way (Haldane 1956); then the gap must exceed its error by Bonferroni's factor.
    """
    n = len(wins)
    helped = wins + 0.5 * (wins + wins.T > 0)
    strengths = fit(helped)
    covariance = spread_by(helped, strengths, np.ones((n, n)))
    own = np.diag(covariance)
    error = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0))
    factor = NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * max(1, n * (n - 1) // 2)))
    return (np.abs(strengths[None, :] - strengths[:, None]) <= factor * error) & ~circle


def spread_by(wins, strengths, circle):
    """What turns sums of residuals into changes of strengths, each less the mean of its circle."""
    chance = win_chance(strengths[:, None] - strengths[None, :])
    curvature = (wins + wins.T) * chance * (1 - chance)
    n = len(wins)
    hessian = np.diag(curvature.sum(axis=1)) - curvature + PENALTY * np.eye(n)
    centre = np.eye(n) - circle / circle.sum(axis=1, keepdims=True)
    return centre @ np.linalg.inv(hessian) @ (np.eye(n) - 1 / n)


class Reach:
    """How far each system's bounds lie from its rating.

    A variance is that of single votes, plus what documents differ, plus what judges differ, times the sum of their
    squared shares in the votes; half of what they differ is the system's own, half the mean of its circle. The quantile
    is that of t with Satterthwaite's degrees of freedom.
    """

    def __init__(self, votes, full, circle):
        self.votes, self.circle, self.n = votes, circle, votes.n
        self.change = spread_by(votes.wins(), full, circle)
        centre = np.eye(votes.n) - circle / circle.sum(axis=1, keepdims=True)
        self.expected = np.diag(self.change @ centre.T)  # variance of single votes by the model
        self.residual = votes.weight * (SHARE_OF_A[votes.outcome] - win_chance(full[votes.a] - full[votes.b]))
        self.counts = votes.of_systems().astype(float)
        cells = votes.document * (votes.judge.max() + 1) + votes.judge
        self.cells = self.sums(cells, self.residual, -self.residual) @ self.change.T
        kinds = [units for units in (votes.document, votes.judge) if len(set(units.tolist())) > 1]
        self.sources = [self.source(units) for units in kinds]
        self.means = {}  # by source and first system of a circle

    def sums(self, units, of_a, of_b):
        """Sums by unit and system."""
        names, place = np.unique(units, return_inverse=True)
        table = np.zeros((len(names), self.n))
        np.add.at(table, (place, self.votes.a), of_a)
        np.add.at(table, (place, self.votes.b), of_b)
        return table

    def source(self, units):
        weight = self.votes.weight
        shares = self.sums(units, weight, weight)
        return self.sums(units, self.residual, -self.residual) @ self.change.T, shares / shares.sum(axis=0)

    def noise(self, i):
        """Variance of single votes and its degrees of freedom."""
        n_cells, count = len(self.cells), self.counts[i]
        seen = (self.cells[:, i] ** 2).sum() * n_cells / max(1, n_cells - 1)
        return (count * seen + self.expected[i]) / (count + 1), max(min(n_cells, count) - 1, 1)

    def unit_variance(self, source, i):
        """What units of one kind differ, the mean square that says so, squared shares, degrees of freedom.

        The variance is None where one unit gave all votes.
        """
        moved, shares = source[0][:, i], source[1][:, i]
        weight = 1 / source[1].mean(axis=1)
        v, squares = weight * shares**2, (shares**2).sum()
        s, vw = v.sum(), (v * shares).sum()
        trace = s - 2 * vw + s * squares
        of_square = (v**2).sum() - 4 * (v**2 * shares).sum() + 2 * s * (v * shares**2).sum()
        of_square += 2 * vw**2 + 2 * (v**2).sum() * squares - 4 * s * squares * vw + (s * squares) ** 2
        freedom = max(trace**2 / max(of_square, 1e-300), 1)
        if trace <= 1e-6:
            return None, 0.0, squares, 1.0
        square = (weight * moved**2).sum() / trace
        noise = (weight * (shares - shares**2)).sum() / trace * self.noise(i)[0]
        return square - noise, square, squares, freedom

    def of(self, i):
        """The reach of system i."""
        noise, freedom = self.noise(i)
        total = noise
        spread, fewest = total**2 / freedom, math.inf
        for source in self.sources:
            variance, square, freedom = self.added(source, i)
            total += variance
            if variance > NEGLIGIBLE * noise:
                spread, fewest = spread + square**2 / freedom, min(fewest, freedom)
        if not spread:
            return 0.0  # alone in its circle
        freedom = max(total**2 / spread, 1 if math.isinf(fewest) else fewest)
        return round(t_quantile(min(freedom, LARGEST_FREEDOM)) * math.sqrt(total), 10)

    def added(self, source, i):
        """The variance of system i that units of one kind add, the mean square behind it, its degrees of freedom."""
        own, square, squares, freedom = self.unit_variance(source, i)
        members = np.flatnonzero(self.circle[i])
        key = (id(source), members[0])
        if key not in self.means:
            all_own = [self.unit_variance(source, member) for member in members]
            known = [own[:2] for own in all_own if own[0] is not None and len(members) > 1]
            scale = len(members) / max(len(members) - 1, 1)
            self.means[key] = [scale * sum(values) / len(known) for values in zip(*known)] or [0.0, 0.0]  # noqa: B905
        mean, mean_square = (value * (1 - 1 / len(members)) for value in self.means[key])
        part = (0.0 if own is None else OWN) if mean_square > NEGLIGIBLE * self.noise(i)[0] else 1.0
        variance = part * max(own or 0.0, 0) + (1 - part) * max(mean, 0)
        freedom /= part**2 + (1 - part**2) / max(len(members) - 1, 1)
        return squares * variance, squares * (part * square + (1 - part) * mean_square), freedom


def t_quantile(freedom):
    """Of Student's distribution, for two-sided bounds, by halving: P(|T| > t) is an incomplete beta function of t."""
    low, high = NORMAL, 13.0  # 12.7 with one degree of freedom
    for _ in range(60):
        middle = (low + high) / 2
        is_beyond = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + middle**2)) > 1 - LEVEL
        low, high = (middle, high) if is_beyond else (low, middle)
    return (low + high) / 2


def incomplete_beta(a, b, x):
    """Regularized, by its continued fraction (Abramowitz and Stegun 26.5.8) evaluated from the front (Lentz 1976)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    numerator, denominator = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = denominator
    for m in range(1, 2000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / (1 + term * denominator)
            numerator = 1 + term / numerator
            change = denominator * numerator
            value *= change
        if abs(change - 1) < 1e-15:
            break
    return math.exp(front) * value / a


def intervals(votes, full, seed, resamples):
    """Lower and upper bounds and ranks; NaN where the resamples do not say enough."""
    n_documents, n_judges = votes.document.max() + 1, votes.judge.max() + 1
    if n_documents == n_judges == 1:
        return np.full((3, votes.n), np.nan)
    generator = np.random.default_rng(seed)
    documents, judges = drawn(generator, n_documents, resamples), drawn(generator, n_judges, resamples)
    bootstrap = Bootstrap(votes, full)
    found = np.array(
        [bootstrap.strengths(d[votes.document] * j[votes.judge]) for d, j in zip(documents, judges)]  # noqa: B905
    )
    circle = circles(votes.wins())
    limited = circle.sum(axis=1) > votes.n / 2
    placed = held(found, full, circle)
    lower, upper = quantiles(placed)
    too_few = (~np.isnan(found)).sum(axis=0) < resamples / 2
    missing = too_few | ((upper - lower < 1e-6) & (circle.sum(axis=1) > 1))
    found = Reach(votes, full, circle)
    reach = np.array([found.of(i) for i in range(votes.n)])
    lower, upper = full - reach, full + reach
    lower[missing] = upper[missing] = np.nan
    ahead = (full[None, :] > full[:, None]) & ~unsure(votes.wins(), circle) & ~missing[None, :]
    better = np.where(circle, lower[None, :] > upper[:, None], ahead).sum(axis=1)
    lower[~limited] = upper[~limited] = np.nan
    rank = np.where(missing, np.nan, 1.0 + better)
    ranked = np.flatnonzero(~missing)
    if votes.n > 1 and len(ranked) == 1 and full[ranked[0]] < full.max():
        rank[ranked] = np.nan  # alone among systems without a rank it would be first, whatever it lost
    return lower, upper, rank


def quantiles(found):
    """The two of the interval, by system; NaN where no resample says anything."""
    bounds = np.full((2, found.shape[1]), np.nan)
    known = ~np.isnan(found).all(axis=0)
    tail = (1 - LEVEL) / 2
    bounds[:, known] = np.nanquantile(found[:, known], [tail, 1 - tail], axis=0)
    return bounds


def rate(votes, seed, resamples):
    """Rating, bounds and rank of each system; NaN without votes, and for all where the votes do not connect them."""
    results = np.full((4, votes.n), np.nan)
    voted = np.flatnonzero(votes.of_systems())
    if not voted.size:
        return results
    votes.a, votes.b, votes.n = np.searchsorted(voted, votes.a), np.searchsorted(voted, votes.b), len(voted)
    wins = votes.wins()
    if not circles(wins + wins.T).all():
        return results
    full = fit(wins)
    lower, upper, rank = intervals(votes, full, seed, resamples)
    results[:, voted] = MEAN + SCALE * full, MEAN + SCALE * lower, MEAN + SCALE * upper, rank
    return results


def board_of(rows, systems, seed, resamples, by_chance):
    """The figures of each system, from votes on one question. by_chance: weighed."""
    votes = Votes(rows, systems, by_chance)
    counts, bad, wins = votes.of_systems(), votes.of_systems(votes.outcome == 3), votes.wins()
    rating, lower, upper, rank = rate(votes, seed, resamples)
    lines = {}
    for i, system in enumerate(systems):
        played = wins[i].sum() + wins[:, i].sum()
        lines[system] = {
            "rating": rating[i],
            "rating_lower": lower[i],
            "rating_upper": upper[i],
            "rank": rank[i],
            "votes": counts[i],
            "win_rate": wins[i].sum() / played if played else math.nan,
            "both_bad_rate": bad[i] / counts[i] if counts[i] else math.nan,
        }
    return lines


def metric_means(folder):
    """Mean of each metric over a system's summaries, by system and name; no value where there is none."""
    values = defaultdict(list)
    for row in read(folder, "scores"):
        if row["current"] and row["value"] is not None:
            values[row["system"], row["name"]].append(row["value"])
    return {key: math.fsum(numbers) / len(numbers) for key, numbers in values.items()}


def same(a, b):
    a, b = (math.nan if value is None else float(value) for value in (a, b))
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= AGREES * max(1.0, abs(a), abs(b))


def main(folder):
    stored = json.loads((folder / "board.json").read_text(encoding="utf-8"))
    votes = [row for row in read(folder, "votes") if row["void_reason"] != "annotator_excluded"]
    systems = sorted(row["system"] for row in read(folder, "systems") if row["on_board"])
    means = metric_means(folder)
    checked = wrong = 0
    boards = [(key, one) for key, board in stored["criteria"].items() for one in (board, board["by_chance"]) if one]
    for question, board in boards:
        by_chance = board["weights"] == "chance"
        rows = [row for row in votes if row["criterion"] == question]
        lines = board_of(rows, systems, stored["seed"], stored["resamples"], by_chance)
        print(f"{question}: {len(rows)} votes{', weighed by 1 / chance of the draw' if by_chance else ''}")
        for line in board["systems"]:
            own = lines[line["system"]]
            mine = {**own, **{name: means.get((line["system"], name)) for name in line["metrics"]}}
            given = {**{name: line[name] for name in own}, **line["metrics"]}
            for name in mine:
                checked += 1
                if not same(mine[name], given[name]):
                    wrong += 1
                    print(f"  {line['system']}, {name}: {mine[name]} here, {given[name]} in board.json")
            bounds = f"[{own['rating_lower']:.1f}, {own['rating_upper']:.1f}]"
            print(f"  {line['system']:<30} {own['rating']:8.1f}  {bounds}")
    print(f"{checked} numbers compared, {wrong} differ.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
