"""The interval of Lee et al. (2025), arXiv 2511.21140, for independent answers of two kinds."""

from scipy.stats import norm


def rogan_gladen(p, q0, q1):
    """True share from the judged share p, specificity q0 and sensitivity q1."""
    return (p + q0 - 1) / (q0 + q1 - 1)


def lee_interval(p, n, q0, m0, q1, m1, level=0.95):
    """Bounds from p over n answers, q0 and q1 from m0 and m1 answers with a known truth; within 0 to 1."""
    z = norm.ppf(0.5 + level / 2)
    big, zeros, ones = n + z**2, m0 + 2, m1 + 2
    p, q0, q1 = (n * p + z**2 / 2) / big, (m0 * q0 + 1) / zeros, (m1 * q1 + 1) / ones
    share = rogan_gladen(p, q0, q1)
    shift = 2 * z**2 * (share * q1 * (1 - q1) / ones - (1 - share) * q0 * (1 - q0) / zeros)
    noise = p * (1 - p) / big + (1 - share) ** 2 * q0 * (1 - q0) / zeros + share**2 * q1 * (1 - q1) / ones
    reach = z * noise**0.5 / (q0 + q1 - 1)
    return max(0.0, share + shift - reach), min(1.0, share + shift + reach)
