"""Store judges, each once, and find them by name."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from judges.models import Judge
from judges.records.problems import JudgeFileError, UnknownJudgeError
from lib.names import normal_form

# All of a judge's record but the time it was made.
OF_RECORD = [f.name for f in Judge._meta.concrete_fields if f.name not in ("id", "created_at")]


@dataclass
class Stored:
    """Names of the judges that were added, and of those that were there already, with the same record."""

    added: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@transaction.atomic
def store_judges(judges: Iterable[Judge]) -> Stored:
    """Store new judges, all or none. Raises JudgeFileError if a name is taken by a judge with another record."""
    done = Stored()
    for judge in judges:
        existing = Judge.objects.filter(name=judge.name).first()
        if existing is None:
            judge.save()
            done.added.append(judge.name)
            continue
        if differing := [name for name in OF_RECORD if getattr(existing, name) != getattr(judge, name)]:
            raise JudgeFileError(
                f"{judge.name}: another judge has this name ({', '.join(differing)} differ), and a judge never "
                "changes. Give the new settings a new name."
            )
        done.unchanged.append(judge.name)
    return done


def find_judge(name: str) -> Judge:
    """Return the judge of this name. Raises UnknownJudgeError."""
    judge = Judge.objects.filter(name=normal_form(name)).first()
    if judge is None:
        names = ", ".join(Judge.objects.values_list("name", flat=True))
        raise UnknownJudgeError(
            f"There is no judge {name!r}. Known judges: {names or 'none yet; add some with judges --add FILE.yaml'}."
        )
    return judge
