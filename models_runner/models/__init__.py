"""Datasets, systems, runs, summaries, scores; may import the protocol of adapters."""

from models_runner.models.batches import BatchCall, ProviderBatch
from models_runner.models.datasets import Dataset, Document, InstructionKind, Query, Reference, Transcript
from models_runner.models.drafts import ImportDraft, ImportJob
from models_runner.models.endpoints import Endpoint, EndpointRequest
from models_runner.models.finetunings import FineTuning, TrainedDocument
from models_runner.models.instructions import InstructionText
from models_runner.models.runs import Run, Summary, SummaryCall
from models_runner.models.scores import MetricSignature, Score, ScoredSpans, ScoringJob
from models_runner.models.sources import ImportedSource
from models_runner.models.systems import Regime, System
from models_runner.models.trials import Trial

__all__ = [
    "BatchCall",
    "Dataset",
    "Document",
    "Endpoint",
    "EndpointRequest",
    "FineTuning",
    "ImportDraft",
    "ImportJob",
    "ImportedSource",
    "InstructionKind",
    "InstructionText",
    "MetricSignature",
    "ProviderBatch",
    "Query",
    "Reference",
    "Regime",
    "Run",
    "Score",
    "ScoredSpans",
    "ScoringJob",
    "Summary",
    "SummaryCall",
    "System",
    "TrainedDocument",
    "Transcript",
    "Trial",
]
