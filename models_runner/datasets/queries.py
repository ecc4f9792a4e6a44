"""Find a document's query by its number or its text, as files name it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lib.names import name_hash, normal_form
from models_runner.models import Dataset, Query


class UnknownQueryError(LookupError):
    """The document has no such query, or several of them; the message says how to name one.

    Attributes:
        field: query or query_number, whichever is wrong.
    """

    def __init__(self, message: str, field: str = "query") -> None:
        self.field, self.message = field, message
        super().__init__(message)


def query_number(position: int) -> int:
    """Return how exports number a document's queries: from 1, in the order of the import."""
    return position + 1


class QueryFinder:
    """The queries of a dataset, read at once.

    Two queries of one document may have the same text, so that exports write a number beside the text.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._by_document: defaultdict[int, list[Query]] = defaultdict(list)
        for query in Query.objects.filter(document__dataset=dataset).order_by("document", "position"):
            self._by_document[query.document_id].append(query)

    def find(self, document: int, name: str, text: str, number: int | None) -> Query | None:
        """Return a query of a document; None if neither text nor number is given.

        Args:
            document: The document's primary key.
            name: What to call the document in messages.
            text: The query's text in any spelling, or "sha256:…" as a release has it; "" if only the number is known.
            number: From 1; None if only the text is known.
        Raises:
            UnknownQueryError: There is no such query, or the text alone does not tell which.
        """
        queries = self._by_document.get(document, [])
        if number is not None:
            return _numbered(queries, name, text, number)
        return _with_text(queries, name, text) if text.strip() else None


def _numbered(queries: Sequence[Query], name: str, text: str, number: int) -> Query:
    query = next((query for query in queries if query_number(query.position) == number), None)
    if query is None:
        message = f"document {name!r} has {len(queries):,} queries, so none of number {number}."
        raise UnknownQueryError(message, "query_number")
    if text.strip() and not _is_named(query, text):
        message = f"query {number} of document {name!r} is {query.text!r}, not {text!r}. Give its text, or no text."
        raise UnknownQueryError(message, "query_number")
    return query


def _with_text(queries: Sequence[Query], name: str, text: str) -> Query:
    same = [query for query in queries if _is_named(query, text)]
    exact = [query for query in same if query.text == text]
    if len(same) == 1 or len(exact) == 1:
        return (exact or same)[0]
    if not same:
        raise UnknownQueryError(f"document {name!r} has no query {text!r}.")
    raise UnknownQueryError(
        f"document {name!r} has the query {text!r} {len(same):,} times. Say which one by a field query_number: "
        f"{_or(query_number(query.position) for query in same)}."
    )


def _is_named(query: Query, text: str) -> bool:
    return normal_form(query.text) == normal_form(text) or name_hash(query.text) == text


def _or(numbers: Iterable[int]) -> str:
    return " or ".join(map(str, numbers))
