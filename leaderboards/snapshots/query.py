"""The query of a results page, and the snapshot that answers it."""

from dataclasses import dataclass
from typing import Any

from annotations.models import Criterion, Study
from leaderboards.data.filters import Filters
from leaderboards.snapshots.serve import Served, get_snapshot

# Seconds until a script should ask again for what is being computed.
RETRY_AFTER = 5


@dataclass(frozen=True)
class BoardQuery:
    """The question of a study, and the votes that count: what an address asks for."""

    study: Study
    criterion: Criterion
    filters: Filters

    @property
    def parameters(self) -> dict[str, str]:
        return {"criterion": self.criterion.key, **self.filters.asked}

    def served(self, kind: str) -> Served:
        return get_snapshot(kind, self.study, self.criterion, self.filters)

    def values(self, kind: str) -> dict[str, Any]:
        """Return the values of the newest snapshot. Raises SnapshotPendingError where there is none yet."""
        served = self.served(kind)
        if served.values is None:
            raise SnapshotPendingError(self, served)
        return served.values


class SnapshotPendingError(Exception):
    """There is no snapshot yet: in a study of many votes a worker is computing the first one."""

    def __init__(self, query: BoardQuery, served: Served) -> None:
        super().__init__(f"This is being computed for the first time. Ask again in {RETRY_AFTER} seconds.")
        self.query, self.served = query, served
