"""What a constraint cannot say: a protocol on record never changes.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers says why).
"""

from lib import triggers

ON_RECORD = triggers.Refusal("protocol_record_is_append_only", "protocol_protocolrecord", "UPDATE")


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, {ON_RECORD.name: ON_RECORD.table})


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.ensure(using, [ON_RECORD])
