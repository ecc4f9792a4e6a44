"""Folders with tiny real models that learned a rule."""

import pytest

from tests.models_runner.metrics.facts import tiny

SAVE = {
    "nli": tiny.save_nli,
    "alignscore": tiny.save_alignscore,
    "encoder": tiny.save_encoder_check,
    "t5": tiny.save_t5_check,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made = {kind: tmp_path_factory.mktemp(kind) for kind in SAVE}
    for kind, folder in made.items():
        SAVE[kind](folder)
    yield made
    torch.set_num_threads(threads)
