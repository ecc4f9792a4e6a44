"""Summaries and votes for blocks that need some: python tests/docs/made.py summaries|votes DATASET-FOLDER."""

import json
import sys
from pathlib import Path

SYSTEMS = {"tiny": 1_100_000_000, "llama-2-70b": 70_000_000_000}
JUDGES = ("ana", "ben", "chen")


def summaries(documents: list[str]) -> list[dict[str, object]]:
    return [
        {"document_id": document, "system": system, "parameters": size, "summary": f"What {document} said, by {size}."}
        for document in documents
        for system, size in SYSTEMS.items()
    ]


def votes(documents: list[str]) -> list[dict[str, object]]:
    tiny, large = SYSTEMS
    return [
        {"document_id": document, "model_a": tiny, "model_b": large, "judge": judge, "winner": winner}
        for n, document in enumerate(documents)
        for m, judge in enumerate(JUDGES)
        for winner in [("model_a", "model_b", "tie")[(n + m) % 3]]
    ]


if __name__ == "__main__":
    found = sorted(path.stem for path in Path(sys.argv[2]).iterdir())
    for row in {"summaries": summaries, "votes": votes}[sys.argv[1]](found):
        print(json.dumps(row))
