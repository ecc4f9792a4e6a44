"""What is on record of studies' protocols; may import the models of annotations."""

from protocol.models.records import ProtocolRecord

__all__ = ["ProtocolRecord"]
