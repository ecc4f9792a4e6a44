"""From a folder of transcripts to a board, through the API alone.

    pip install ./client[pandas]
    python docs/examples/study_through_the_api.py --url http://127.0.0.1:8000 --token TOKEN --folder transcripts

The token needs the scope admin and an owner who is a researcher. The folder holds a text file for each meeting, one
turn a line ("Maya: We ship on Friday."). People would do the rating; here three simulated ones do, who like
what is short. Tests run this file as it stands.
"""

import argparse
from pathlib import Path

from punchweight_client import Client, Rater

SYSTEMS = ("lead-3", "lexrank")  # need no weights; `client.systems(ready=True)` lists what else can run here


def records(folder: Path) -> list[dict[str, str]]:
    """A record for each transcript, as docs/data-formats.md describes them."""
    files = sorted(folder.glob("*.txt"))
    return [{"id": file.stem, "transcript": file.read_text(encoding="utf-8")} for file in files]


def rate_all(rater: Rater) -> int:
    """Stands in for a person: of two summaries the shorter one is better, unless they are of one length."""
    rated = 0
    for pair in rater.pairs():
        left, right = len(pair["left"]), len(pair["right"])
        choice = "tie" if left == right else "left" if left < right else "right"
        for question in pair["questions"]:
            rater.vote(pair, question["key"], choice)
        rated += 1
    return rated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--name", default="api-example", help="Of the dataset and the study.")
    parser.add_argument("--votes", type=Path, default=Path("votes.jsonl"), help="Where the votes are written to.")
    asked = parser.parse_args()
    client = Client(asked.url, asked.token)

    # 1. The transcripts become a dataset.
    uploaded = client.upload_documents(asked.name, records(asked.folder))
    print(f"{uploaded['added']} documents added, {uploaded['unchanged']} known.")

    # 2. Every system summarizes every document, in the site's workers.
    runs = [client.start_run(system, asked.name, instruction="short")["id"] for system in SYSTEMS]
    for run in client.wait_for_runs(runs):
        print(f"{run['system']}: {run['status']}, {run['summaries']['done']} summaries.")

    # 3. People compare the summaries blind: here through a front end of one's own.
    client.create_study(asked.name, asked.name, SYSTEMS, instruction="short", quota=3, criteria=["overall"])
    for person in ("p1", "p2", "p3"):
        print(f"{person} rated {rate_all(client.add_rater(asked.name, person))} pairs.")

    # 4. The board, and the votes behind it.
    board = client.board_frame(asked.name)
    print(board[["rating", "rating_lower", "rating_upper", "votes", "win_rate"]])
    print(f"{client.export_votes(asked.name, asked.votes)} votes in {asked.votes}.")


if __name__ == "__main__":
    main()
