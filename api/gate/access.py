"""Which objects a token's owner may use.

The gate sets request.user to the token's owner, so the helpers of the other apps work here as they are.
"""

from annotations.web.access import check_may_create_studies, get_managed_study, refuse_while_rating, visible_studies
from leaderboards.web.access import get_results_study
from models_runner.web.access import check_may_run_models

__all__ = [
    "check_may_create_studies",
    "check_may_run_models",
    "get_managed_study",
    "get_results_study",
    "refuse_while_rating",
    "visible_studies",
]
