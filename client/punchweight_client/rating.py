"""Operations of an annotator, for front ends of your own."""

import uuid
from collections.abc import Iterator

from punchweight_client.http import Connection, Json


class Rater:
    """Rates as one annotator, with a token to annotate.

    A client_key of yours for each answer makes a repeat harmless; without, one is made for each call.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        self.connection = Connection(url, token, timeout=timeout)

    def next(self) -> Json | None:
        """Get the pair to rate now, held for a while; None if there is none at the moment."""
        return self.connection.post("/rating/next", keyed=False, again=True)["pair"]

    def why_nothing(self) -> str:
        """Return left, not_open, waiting, preparing or done; empty while there is a pair."""
        return self.connection.post("/rating/next", keyed=False, again=True)["why"]

    def pairs(self) -> Iterator[Json]:
        """Yield pair after pair. Rate or skip each one, or the next is the same again."""
        while (pair := self.next()) is not None:
            yield pair

    def vote(self, pair: Json, criterion: str, choice: str, *, client_key: str = "", **more: object) -> Json:
        """Save an answer. choice: left, right, tie or both_bad. more: strength, lead_time_ms, active_ms."""
        about = {"token": pair["token"], "criterion": criterion, "choice": choice}
        return self._send("/rating/votes", about | more, client_key)

    def comment(self, pair: Json, text: str, *, client_key: str = "") -> Json:
        return self._send("/rating/remarks", {"token": pair["token"], "kind": "comment", "text": text}, client_key)

    def skip(self, pair: Json, reason: str, *, text: str = "", client_key: str = "") -> Json:
        """Skip a pair. reason: language, subject, broken, identity, private or other."""
        about = {"token": pair["token"], "kind": "skip", "reason": reason, "text": text}
        return self._send("/rating/remarks", about, client_key)

    def mark(
        self,
        pair: Json,
        side: str,
        kind: str,
        severity: str = "minor",
        *,
        words: str = "",
        comment: str = "",
        client_key: str = "",
        **at: int,
    ) -> Json:
        """Mark an error. side: left or right; kind: the key of one of pair["marks"]["kinds"]; severity: minor or major.

        words: what is wrong, as it stands there; empty for a mark on the whole summary. at: start, where the words
        stand more than once; it counts characters of the side's text. comment: why it is wrong.
        """
        about: Json = {"token": pair["token"], "side": side, "kind": kind, "severity": severity}
        if words:
            start = at.get("start", pair[side].find(words))
            about |= {"start": start, "end": start + len(words), "text": words}
        if comment:
            about["comment"] = comment
        return self._send("/rating/marks", about, client_key)

    def take_mark_back(self, pair: Json, mark: str, *, client_key: str = "") -> Json:
        """Take a mark back. mark: its client_key, as in pair["marks"]["standing"]."""
        return self._send("/rating/marks/take-back", {"token": pair["token"], "mark": mark}, client_key)

    def read_for_errors(self, pair: Json) -> Json:
        """Say that both summaries were read for errors, whether some were found or not."""
        return self.connection.post("/rating/marks/read", {"token": pair["token"]}, keyed=False, again=True)

    def no_error_to_mark(self, pair: Json) -> Json:
        """Say, where marks are required, that what loses has no error to mark."""
        return self.connection.post("/rating/marks/none", {"token": pair["token"]}, keyed=False, again=True)

    def undo(self, *, client_key: str = "") -> Json:
        return self._send("/rating/undo", {}, client_key)

    def hold(self) -> int:
        return self.connection.post("/rating/hold", keyed=False, again=True)["held"]

    def _send(self, path: str, body: Json, client_key: str) -> Json:
        key = client_key or str(uuid.uuid4())
        return self.connection.post(path, body | {"client_key": key}, keyed=False, again=True)
