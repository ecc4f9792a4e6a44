import subprocess
import sys

import pytest

from models_runner.metrics.registry import METRIC_KEYS, UnknownMetricError, get_metric


@pytest.mark.parametrize("key", METRIC_KEYS)
def test_metric_is_made_once_and_knows_its_key(key):
    assert get_metric(key) is get_metric(key)
    assert get_metric(key).key == key


def test_unknown_metric_names_the_known_ones():
    with pytest.raises(UnknownMetricError, match=r'"bleu".*rouge, bertscore, length, markup'):
        get_metric("bleu")


def test_the_table_loads_no_metric_library():
    code = (
        "import sys, models_runner.metrics.registry;"
        "print(sorted({'torch', 'transformers', 'bert_score', 'rouge_score', 'nltk'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
