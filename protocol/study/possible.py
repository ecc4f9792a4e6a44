"""Whether a study has a protocol: what its rows lack, in words."""

from collections.abc import Iterator

from pydantic import ValidationError

from annotations.models import Study

LEAST_SYSTEMS = 2
NO_PROTOCOL = "No protocol can be written of this study."


class NoProtocolError(ValueError):
    """No protocol can be written of the study; the message says what it lacks and what to do."""


def check_possible(study: Study) -> None:
    """Raise NoProtocolError for a study of which no file says everything that a run would need."""
    if missing := list(_missing(study)):
        raise NoProtocolError(" ".join([NO_PROTOCOL, *missing]))


def _missing(study: Study) -> Iterator[str]:
    systems = list(study.systems.all()[:LEAST_SYSTEMS])
    if not systems:
        yield "It compares no system; two are needed."
    elif len(systems) < LEAST_SYSTEMS:
        yield f"Its only system is {systems[0].slug}; two are needed."
    asks = study.criteria.exists()
    if not asks:
        yield "It asks no question."
    if len(systems) < LEAST_SYSTEMS or not asks:
        yield "Make a new study with the systems and the questions that it is about."


def unwritable(error: ValidationError) -> NoProtocolError:
    """Say what of a study's rows the format of protocols does not take."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return NoProtocolError(
        f"No protocol can be written of this study: {where} is not what a file holds ({first['msg']})."
    )
