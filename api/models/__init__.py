from api.models.answers import KeptAnswer
from api.models.tokens import ApiToken

__all__ = ["ApiToken", "KeptAnswer"]
