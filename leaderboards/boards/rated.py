"""The ratings of a board, for whatever must agree with it."""

from leaderboards.data.inputs import BoardInputs
from stats.ratings.ratings import Anchor, Ratings, rate

RESAMPLES = 1000


def rate_board(inputs: BoardInputs, seed: int) -> Ratings:
    """Rate the systems as a board does, by the mean or the anchor asked for; each connected part on its own scale."""
    fixed, slugs = inputs.filters.anchor, inputs.slugs
    return rate(
        inputs.arrays,
        seed=seed,
        resamples=RESAMPLES,
        names=slugs,
        ties=inputs.filters.tie_rule,
        anchor=Anchor(slugs.index(fixed)) if fixed in slugs else None,
        apart=True,
    )
