"""A client of a Punchweight site's API for notebooks and scripts; docs/api.md shows it in use.

It imports nothing but the standard library, and pandas where a DataFrame is asked for.
"""

from punchweight_client.client import Client
from punchweight_client.http import ApiError, ConnectionFailedError
from punchweight_client.rating import Rater

__all__ = ["ApiError", "Client", "ConnectionFailedError", "Rater"]
