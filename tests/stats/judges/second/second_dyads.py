"""Agreement among people, and its variance from people, a second time: every pair of votes in plain loops."""

from collections import Counter, defaultdict
from itertools import combinations


def second_among_people(votes):
    """votes: rows (item, annotator, class). Returns the share of like pairs of votes on an item, and their number."""
    by_item = defaultdict(list)
    for item, _, answer in votes:
        by_item[item].append(answer)
    alike = pairs = 0
    for given in by_item.values():
        counts = Counter(given)
        pairs += len(list(combinations(given, 2)))
        alike += sum(n * (n - 1) // 2 for n in counts.values())
    return alike / pairs, pairs
