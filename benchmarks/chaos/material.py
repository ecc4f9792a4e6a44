"""What the site has to do meanwhile: a study that people rate, and runs whose summaries a scripted system writes."""

from typing import Any

from benchmarks.soak import PASSWORD, make_study

RESEARCHER = "researcher"
QUOTA = 2


def text_of(document_id: str) -> str:
    return f"A summary of {document_id}."


def make_site(people: int, comparisons: int) -> tuple[Any, list[str]]:
    """Return the study and the annotators' names."""
    from django.contrib.auth.models import User

    study = make_study(comparisons, QUOTA)
    names = [f"annotator{number}" for number in range(people)]
    for name in names:
        User.objects.create_user(name, password=PASSWORD)
    User.objects.create_superuser(RESEARCHER, password=PASSWORD)
    return study, names


def start_runs(runs: int, summaries: int, seconds: float) -> list[Any]:
    """Start runs of so many summaries, each of which takes so many seconds to write."""
    from models_runner.models import Dataset, Document, System, Transcript
    from models_runner.runs.lifecycle import start_run

    dataset = Dataset.objects.create(name="chaos")
    turns = [{"speaker": "Maya", "content": "We meet on Friday."}]
    for number in range(summaries):
        document = Document.objects.create(
            dataset=dataset, external_id=f"d{number}", position=number, word_count=4, content_hash=f"{number:064d}"
        )
        Transcript.objects.create(document=document, turns=turns, original_turns=turns)
    engine = {"default": text_of("{document_id}"), "seconds": seconds}
    systems = [
        System.objects.create(
            slug=f"chaos-{n}", name=f"Chaos {n}", adapter="scripted", engine=engine, regime="zero-shot"
        )
        for n in range(runs)
    ]
    return [start_run(system, dataset) for system in systems]
