"""Who may do what through the API: the rules of the pages, asked for the owner of the token (see api.gate)."""

from annotations.web.access import get_managed_study, studies_of
from leaderboards.web.access import get_results_study
from models_runner.web.access import check_staff

__all__ = ["check_staff", "get_managed_study", "get_results_study", "studies_of"]
