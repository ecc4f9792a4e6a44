"""The alternative annotator test a second time, in plain loops over dictionaries."""

from math import sqrt
from statistics import mean, stdev

from scipy.stats import t


def second_alt_test(people, judge, epsilon, rate=0.05, least=30):
    """people: {person: {item: answer}}; judge: {item: answer}. Returns winning rate and advantage."""
    p_values, advantages = [], []
    for person, own in people.items():
        leads, as_good = [], []
        for item, answer in own.items():
            others = [given[item] for who, given in people.items() if who != person and item in given]
            if not others or item not in judge:
                continue
            mine, its = others.count(answer), others.count(judge[item])
            as_good.append(its >= mine)
            leads.append((mine >= its) - (its >= mine))
        if len(leads) >= least:
            statistic = (mean(leads) - epsilon) / (stdev(leads) / sqrt(len(leads)))
            p_values.append(t.cdf(statistic, len(leads) - 1))
            advantages.append(mean(as_good))
    m = len(p_values)
    harmonic = sum(1 / k for k in range(1, m + 1))
    won = max((k for k, p in enumerate(sorted(p_values), 1) if p <= rate * k / m / harmonic), default=0)
    return won / m, mean(advantages)
