"""Find votes faster than anybody reads, and annotators far from the pace of the others."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import Proportion, wilson
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, check_columns

# Adults read English non-fiction silently at 238 words a minute, most at 175 to 300 (Brysbaert 2019), and rates above
# 1,000 are considered impossible (Rayner et al. 2016). Anyone faster than 1,200 has not read the text.
WORDS_PER_MINUTE = 1200.0
OUTLIER = 3.5
NORMAL_MAD = 0.6745  # median absolute deviation of a standard normal variable
MINIMUM_VOTES = 5
MINIMUM_OTHERS = 5
SHORTEST = 0.001  # seconds; times are stored in milliseconds, and the logarithm needs more than 0


@dataclass(frozen=True)
class Speed:
    """Hold the pace of one annotator.

    Attributes:
        median_seconds: Median time of a comparison; None without measured times.
        too_fast: Share of comparisons rated faster than the words shown can be read.
        robust_z: Distance of the log of the median from the others', in robust standard deviations, below 0 if
            faster; None with a reason.
        fast, slow: Whether robust_z is beyond the limit of outliers; None with a reason.
        n: Comparisons with a measured time.
        n_unmeasured: Comparisons without one.
        reason: Why robust_z, fast and slow are None; "" where they are not.
    """

    median_seconds: float | None
    too_fast: Proportion
    robust_z: float | None
    fast: bool | None
    slow: bool | None
    n: int
    n_unmeasured: int
    reason: str


def speeds(
    annotator: IntArray,
    seconds: FloatArray,
    words: IntArray,
    *,
    words_per_minute: float = WORDS_PER_MINUTE,
    outlier: float = OUTLIER,
) -> dict[int, Speed]:
    """Measure the pace of every annotator, from one entry for each comparison rated (all its criteria together).

    The rule for outliers compares the log of the annotator's median seconds with the median of the other annotators'
    and their median absolute deviation (MAD): z = 0.6745 (own - median) / MAD, an outlier where |z| > 3.5. Logs,
    because times are skewed to the right; median and MAD, because the outliers themselves would distort mean and
    standard deviation. Leaving the annotator out of the comparison makes the rule a little stricter than the published
    one.

    Args:
        annotator: Index of the annotator, shape (n,).
        seconds: Active time on the comparison in seconds, from 0 up; NaN where not measured; shape (n,).
        words: Words of the two summaries shown, without the transcript, which is read once for several comparisons;
            shape (n,). For Chinese pass characters / 1.6 (Trauzettel-Klosinski and Dietz 2012: 255 characters, 158
            words a minute).
        words_per_minute: Rate above which nobody reads, more than 0.
        outlier: Limit of |z|.
    Returns:
        Pace by annotator.
    Raises:
        InvalidVotesError: Shapes differ, a time is negative or infinite, or the rate is not above 0.
    Source:
        Brysbaert (2019), Journal of Memory and Language 109, 104047. Rayner et al. (2016), Psychological Science in
        the Public Interest 17, 4-34. Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers (modified z).
    """
    check_columns(annotator=annotator, seconds=seconds, words=words)
    measured = ~np.isnan(seconds)
    if (seconds[measured] < 0).any() or np.isinf(seconds).any() or not words_per_minute > 0:
        raise InvalidVotesError("Times must be finite and from 0 up, the words per minute above 0.")
    too_fast = seconds < words * 60 / words_per_minute  # false for NaN
    times = {person: seconds[measured & (annotator == person)] for person in np.unique(annotator).tolist()}
    pace = _log_medians(times)
    return {
        person: _speed(own, too_fast[annotator == person], _robust_z(person, pace), outlier)
        for person, own in times.items()
    }


def _log_medians(times: dict[int, FloatArray]) -> dict[int, float]:
    """Give the log of each annotator's median seconds, for those with enough measured times."""
    return {
        person: float(np.log(max(SHORTEST, float(np.median(own)))))
        for person, own in times.items()
        if len(own) >= MINIMUM_VOTES
    }


def _speed(times: FloatArray, too_fast: BoolArray, z_and_reason: tuple[float | None, str], outlier: float) -> Speed:
    """Collect the pace of one annotator, from the measured times and a mark for every comparison rated too fast."""
    robust_z, reason = z_and_reason
    return Speed(
        median_seconds=float(np.median(times)) if len(times) else None,
        too_fast=wilson(int(too_fast.sum()), len(times)),
        robust_z=robust_z,
        fast=None if robust_z is None else robust_z < -outlier,
        slow=None if robust_z is None else robust_z > outlier,
        n=len(times),
        n_unmeasured=len(too_fast) - len(times),
        reason=reason,
    )


def _robust_z(person: int, pace: dict[int, float]) -> tuple[float | None, str]:
    """Compare one annotator's pace with the others', or say why that cannot be done."""
    if person not in pace:
        return None, f"fewer than {MINIMUM_VOTES} timed votes"
    others = np.array([value for other, value in pace.items() if other != person])
    if len(others) < MINIMUM_OTHERS:
        reason = (
            f"only {len(others):,} others have {MINIMUM_VOTES} timed votes or more; at least {MINIMUM_OTHERS} needed"
        )
        return None, reason
    middle = float(np.median(others))
    deviation = float(np.median(np.abs(others - middle)))
    if not deviation:
        return None, "the others are all equally fast: nothing shows which speed is unusual"
    return NORMAL_MAD * (pace[person] - middle) / deviation, ""
