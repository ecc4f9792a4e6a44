"""Tell whether a judge can be asked on this machine now, without loading its weights."""

from judges.models import Judge
from models_runner.systems.readiness import NotReadyError, check_ready, system_needs


def judge_needs(judge: Judge) -> str:
    """Tell what a judge needs before it can be asked; "" if nothing is missing."""
    if judge.is_imported:
        return "nothing: its verdicts were given elsewhere, and it cannot be asked here."
    return system_needs(judge.as_system(), has_summaries=False)


def check_judge_ready(judge: Judge) -> None:
    """Raise NotReadyError if the judge cannot be asked here, and no worker runs elsewhere, which may be ready."""
    if judge.is_imported:
        raise NotReadyError(f"The verdicts of judge {judge.name} were given elsewhere: it cannot be asked here.")
    try:
        check_ready(judge.as_system())
    except NotReadyError as error:
        raise NotReadyError(str(error).replace(f"System {judge.name}", f"Judge {judge.name}", 1)) from error
