"""What judging has cost, and how many more questions its limit allows."""

from django.db.models import Max, Sum

from judges.models import JudgingJob, Verdict


def spent_dollars(job: JudgingJob) -> float:
    """Return what the answers of a job have cost in US dollars, as far as prices are on record."""
    return float(job.verdicts.aggregate(spent=Sum("cost"))["spent"] or 0)


def affordable(job: JudgingJob, wanted: int) -> int:
    """Return how many questions may be asked now without passing the limit, each as dear as the dearest so far.

    The first question is asked alone: nobody knows yet what one costs. What other workers ask now is counted as well.
    """
    if job.cost_limit is None:
        return wanted
    costs = job.verdicts.aggregate(spent=Sum("cost"), dearest=Max("cost"))
    asking = job.verdicts.filter(status=Verdict.Status.RUNNING).count()
    if not costs["dearest"]:
        return 0 if asking else 1
    left = job.cost_limit - float(costs["spent"])
    return max(0, min(wanted, int(left / costs["dearest"] + 1e-9) - asking))
