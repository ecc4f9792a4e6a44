"""Import the project's own sample of ten meetings."""

from pathlib import Path

from models_runner.importing.documents import ImportResult, import_path
from models_runner.importing.records import Terms

TERMS = Terms("Apache-2.0", True)  # the licence of the project
SAMPLE_DIR = Path(__file__).parents[1] / "sample" / "meetings"


def import_sample(name: str = "sample-meetings") -> ImportResult:
    return import_path(name, SAMPLE_DIR, "jsonl", terms=TERMS)
