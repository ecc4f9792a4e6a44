"""Rules over several rows that databases keep, as triggers for SQLite and PostgreSQL; imports lib only.

They are created after every migrate and dropped before it: rating.py says why.
"""

from annotations.models.triggers.rating import drop_triggers, ensure_triggers

__all__ = ["drop_triggers", "ensure_triggers"]
