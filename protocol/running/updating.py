"""Change a study to what a file says, where its page Settings would."""

from collections.abc import Sequence

from django.db import transaction

from annotations.models import Study
from annotations.studies.settings import ALWAYS, ANSWERS, PAIR, change_settings
from annotations.studies.setup import StudySetupError
from models_runner.models import System
from protocol.file.completing import moment
from protocol.running.work import StepError, Work
from protocol.study.compare import Difference
from protocol.study.parts import MOMENTS

# What the planned analysis calls looks, by the field of the study.
LOOKS = {"look_votes": "looks"} | {name: name for name in ("look_dates", "look_maximum", "look_spending")}
CHANGEABLE = (
    {f"study.{name}": name for name in (*ALWAYS, *ANSWERS)}
    | {f"analysis.{name}": name for name in PAIR}
    | {f"analysis.{key}": name for name, key in LOOKS.items()}
)


@transaction.atomic
def update_study(study: Study, work: Work, stopping: Sequence[Difference]) -> list[Difference]:
    """Change what may change, all or nothing; return what may not, and then nothing has changed."""
    fixed = [difference for difference in stopping if difference.key not in CHANGEABLE]
    if fixed:
        return fixed
    values = {CHANGEABLE[difference.key]: _value(work, difference.key) for difference in stopping}
    try:
        changed = change_settings(study, values, work.by)
    except StudySetupError as error:
        raise StepError(f"Study {study.slug}: {error}") from error
    work.say(f"study {study.slug}: changed {', '.join(changed)}")
    return []


def _value(work: Work, key: str) -> object:
    name = CHANGEABLE[key]
    if name in PAIR:
        slug = getattr(work.protocol.analysis, name)
        return System.objects.get(slug=slug) if slug else None
    if name in LOOKS:
        return getattr(work.protocol.analysis, LOOKS[name]) or None
    value = getattr(work.protocol.study, name)
    if name in MOMENTS:
        return moment(value) if value else None
    return value or work.protocol.study.slug if name == "title" else value
