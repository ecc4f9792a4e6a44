"""The non-inferiority of one pair of systems, which boards only ask for together with others."""

from stats.decisions.noninferiority import noninferiorities


def noninferiority(votes, compact, large, **settings):
    return noninferiorities(votes, [(compact, large)], **settings)[0]
