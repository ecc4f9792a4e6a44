"""What a constraint cannot say: a judge's record never changes, and neither does an answer that was given.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers says why).
"""

from lib import triggers

# By name: the table, and which of its rows may not change.
FROZEN = {
    "judge_never_changes": ("judges_judge", "TRUE"),
    "verdict_given_never_changes": ("judges_verdict", "OLD.status = 'done'"),
}


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, {name: table for name, (table, _which) in FROZEN.items()})


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.ensure(using, [triggers.Refusal(name, table, "UPDATE", which) for name, (table, which) in FROZEN.items()])
