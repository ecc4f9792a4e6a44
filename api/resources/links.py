"""Links from an answer to the operations that go on from it, for the description of the API.

Programs that test the API by its description follow them.
"""

from typing import Any


def response_links(status: int, **operations: tuple[str, dict[str, str]]) -> dict[str, Any]:
    """Describe links by name: (operation, its parameters, taken from the answer)."""
    links = {
        name: {"operationId": f"api_resources_{operation}", "parameters": parameters}
        for name, (operation, parameters) in operations.items()
    }
    return {"responses": {status: {"links": links}}}


RUN = {"id": "$response.body#/id"}
STARTED_RUN_LINKS = response_links(
    201,
    read=("runs_read_run", RUN),
    summaries=("runs_list_summaries", RUN),
    cancel=("runs_cancel_run", RUN),
    resume=("runs_resume_run", RUN),
)
STARTED_JUDGING_LINKS = response_links(
    201,
    read=("judging_read_judging", RUN),
    cancel=("judging_cancel_judging", RUN),
    resume=("judging_resume_judging", RUN),
)
STUDY = {"slug": "$response.body#/slug"}
MADE_STUDY_LINKS = response_links(
    201,
    read=("studies_read_study", STUDY),
    change=("studies_change_status", STUDY),
    annotators=("studies_list_annotators", STUDY),
    votes=("results_export_votes", STUDY),
    releases=("releases_create_release", STUDY),
    board=("results_read_board", STUDY | {"criterion": "$response.body#/criteria/0/key"}),
)
ADDED_SYSTEM_LINKS = response_links(201, read=("systems_read_system", STUDY))
RELEASE = {"slug": "$response.body#/study", "version": "$response.body#/version"}
MADE_RELEASE_LINKS = response_links(
    201,
    read=("releases_read_release", RELEASE),
    retry=("releases_retry_release", RELEASE),
    publish=("releases_publish_release", RELEASE),
    download=("releases_download_release", RELEASE),
)
UPLOADED_DOCUMENTS_LINKS = response_links(
    200,
    read=("datasets_read_dataset", {"name": "$response.body#/dataset"}),
    documents=("datasets_list_documents", {"name": "$response.body#/dataset"}),
)
