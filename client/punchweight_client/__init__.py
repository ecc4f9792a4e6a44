"""The API of a Punchweight site for notebooks and scripts; docs/api.md shows it in use."""

from punchweight_client.client import Client
from punchweight_client.http import ApiError, ConnectionFailedError
from punchweight_client.rating import Rater

__all__ = ["ApiError", "Client", "ConnectionFailedError", "Rater"]
