"""The ratings of a board, for whatever must agree with it."""

from leaderboards.data.inputs import BoardInputs
from stats.ratings.ratings import Ratings, rate

RESAMPLES = 1000


def rate_board(inputs: BoardInputs, seed: int) -> Ratings:
    """Rate the systems as a board does; each part that votes connect on a scale of its own."""
    return rate(
        inputs.arrays,
        seed=seed,
        resamples=RESAMPLES,
        names=inputs.slugs,
        ties=inputs.filters.tie_rule,
        apart=True,
    )
