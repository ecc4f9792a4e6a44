"""Load the example study with simulated votes, and remove it."""

import json
import tempfile
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.deletion import ProtectedError

from annotations.imports.ratings_import import import_ratings
from annotations.models import Study
from annotations.studies.setup import create_study
from evalsite.example.votes import VOTES_PER_COMPARISON, pairs_of, simulated_votes
from models_runner.importing.sample import import_sample
from models_runner.importing.summaries import Defaults, import_summaries
from models_runner.models import Dataset, Document, Run, System
from models_runner.systems import catalog

SLUG = "example"
TITLE = "Example with simulated votes"
DATASET = "example-meetings"
INSTRUCTION = "medium"
HERE = Path(__file__).parent
SUMMARIES = HERE / "summaries.jsonl"
SYSTEMS = HERE / "systems.yaml"
GUIDELINES = "Nobody was asked: a program drew these votes, to show what a study looks like once people have rated."
# Log-odds with which the program prefers a system; the fine-tuned one is made a little better than the large one.
STRENGTHS = {
    "example-reference": 0.8,
    "example-tuned-780m": 0.7,
    "example-large-70b": 0.4,
    "example-mid-4b": 0.1,
    "example-tuned-1b": -0.3,
    "example-lexrank": -1.3,
    "example-smollm2-135m": -1.5,
    "example-lead-3": -1.9,
}


@transaction.atomic
def load_example(owner: User | None) -> Study:
    """Store the meetings, the systems with their summaries, and the simulated votes; all of it or none.

    What exists already is left as it is.
    """
    if study := Study.objects.filter(slug=SLUG).first():
        return study
    dataset = import_sample(DATASET).dataset
    entries = catalog.read_entries(SYSTEMS)
    catalog.add_systems(entries)
    import_summaries(SUMMARIES, dataset, Defaults(instruction=INSTRUCTION))
    study = create_study(
        SLUG,
        dataset,
        list(System.objects.filter(slug__in=entries)),
        instruction=INSTRUCTION,
        title=TITLE,
        guidelines=GUIDELINES,
        quota=VOTES_PER_COMPARISON,
        created_by=owner,
        simulated=True,
    )
    _import_votes(study, dataset)
    return study


def _import_votes(study: Study, dataset: Dataset) -> None:
    documents = list(dataset.documents.values_list("external_id", flat=True))
    with tempfile.TemporaryDirectory(prefix="punchweight-") as folder:
        path = Path(folder) / "simulated-votes.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(
                json.dumps(vote, ensure_ascii=False) + "\n"
                for vote in simulated_votes(pairs_of(documents, list(STRENGTHS)), STRENGTHS)
            )
        import_ratings(path, study, study.created_by)
    # Imported votes come on top of a study's own, of which there will be none here.
    study.comparisons.update(quota=F("imported"))


@transaction.atomic
def remove_example() -> bool:
    """Delete the example study with its votes, and what only it used; False if there is none."""
    study = Study.objects.select_for_update().filter(slug=SLUG, simulated=True).first()
    if study is None:
        return False
    for export in study.exportjobs.all():
        export.delete()
    study.delete()
    dataset = Dataset.objects.filter(name=DATASET).first()
    if dataset is not None and not dataset.studies.exists():
        _delete_runs(dataset)
    return True


def _delete_runs(dataset: Dataset) -> None:
    """Delete the stored summaries, the meetings and the systems, unless something else has come to use them."""
    slugs = list(STRENGTHS)
    try:
        with transaction.atomic():
            Run.objects.filter(dataset=dataset, system__slug__in=slugs).delete()
            Document.objects.filter(dataset=dataset).delete()
            dataset.delete()
            System.objects.filter(slug__in=slugs).delete()
    except ProtectedError:
        return
