"""The benchmark of ratings runs, and rates the votes that other libraries rate. Nothing here is about how fast."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEER = """
import json, sys
import pandas as pd

def votes(n, k):
    rows = [(f"m{i % k}", f"m{(i + 1) % k}", ("model_a", "model_b", "tie")[i % 7 % 3]) for i in range(n)]
    return pd.DataFrame(rows, columns=["model_a", "model_b", "winner"]), {}

if __name__ == "__main__":
    n, k, libraries = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(",")
    with open(sys.argv[sys.argv.index("--json") + 1], "w") as output:
        for which in libraries:
            row = {"which": which, "work_s": 5000.0} if which == "arena" else {"which": which, "error": "not here"}
            output.write(json.dumps(row) + "\\n")
"""


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks.leaderboard", "--votes", "600", "--systems", "4", "--resamples", "20"]
    done = subprocess.run([*command, "--repeat", "2", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_stage_of_every_shape_is_measured(tmp_path):
    output = run("--shapes", "20x5,10x3", "--json", str(tmp_path / "seconds.json"))
    seconds = json.loads((tmp_path / "seconds.json").read_text())["seconds"]
    stages = ("aggregation", "point fit", "bootstrap", "everything")
    assert set(seconds) == {f"{shape} {stage}" for shape in ("20x5", "10x3") for stage in stages}
    assert all(len(values) == 2 for values in seconds.values())
    assert "600 votes, 4 systems, 20 resamples" in output


def test_peers_are_set_against_everything(tmp_path):
    (tmp_path / "ranking.py").write_text(PEER)
    output = run("--shapes", "20x5", "--peers", str(tmp_path))
    assert "evalica was not measured: not here" in output
    ratio = next(line for line in output.splitlines() if line.startswith("  arena takes "))
    assert ratio.endswith("x the time of 20x5 everything")
    assert float(ratio.split()[2].rstrip("x")) > 100
