"""Charts are drawn by a process of their own, which comes and goes."""

import os
import signal
import sys
from pathlib import Path

import pytest

from leaderboards.presentation.charts.drawing import engine
from leaderboards.presentation.charts.drawing.engine import DrawingError, Engine

pytestmark = [pytest.mark.once, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]
SPEC = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x", "type": "quantitative"}}}


@pytest.fixture
def drawing():
    made = Engine()
    yield made
    made.stop()


def test_the_engine_is_in_another_process_and_goes_with_it(drawing):
    assert drawing.draw("vegalite_to_svg", SPEC).startswith(b"<svg")
    pid = drawing._process.pid
    assert "vl_convert" in Path(f"/proc/{pid}/maps").read_text()
    # What it cannot draw is said, and the next chart is drawn.
    with pytest.raises(DrawingError):
        drawing.draw("vegalite_to_png", {"mark": "no such mark"})
    assert drawing.draw("vegalite_to_pdf", SPEC).startswith(b"%PDF")
    assert drawing._process.pid == pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert drawing.draw("vegalite_to_png", SPEC).startswith(b"\x89PNG")
    drawing.stop()
    assert drawing._process is None


def test_a_process_that_ends_over_a_chart_is_said(drawing, tmp_path, monkeypatch):
    ends = tmp_path / "drawer.py"
    ends.write_text("import sys; sys.stdin.buffer.read(8)")
    with monkeypatch.context() as patched:
        patched.setattr(engine, "DRAWER", ends)
        with pytest.raises(DrawingError, match="has ended"):
            drawing.draw("vegalite_to_svg", SPEC)
    assert drawing.draw("vegalite_to_svg", SPEC).startswith(b"<svg")


def test_it_ends_when_there_is_nothing_to_draw(drawing, monkeypatch):
    monkeypatch.setattr(engine, "KEPT_SECONDS", 0.0)
    drawing.draw("vegalite_to_svg", SPEC)
    drawing._end.join()
    assert drawing._process is None
