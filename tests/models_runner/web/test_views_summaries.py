"""A summary's page: its exact prompt, what its model thought, and what was cut or removed."""

import pytest

from models_runner.models import SummaryCall
from tests.factories import SummaryFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db


def test_the_exact_prompt_of_a_summary_can_be_read():
    summary = SummaryFactory(chapters=2)
    for position, prompt in enumerate(("<b>Maya</b>: first half", "Second half"), start=1):
        SummaryCall.objects.create(
            summary=summary, position=position, step="chapter", prompt=prompt, output="Notes.", stop_reason="end",
            prompt_tokens=40, cached_tokens=7, output_tokens=2, seconds=0.1,
        )  # fmt: skip
    html = researcher().get(summary.get_absolute_url()).content.decode()
    assert "&lt;b&gt;Maya&lt;/b&gt;: first half" in html
    assert "Summary of a chapter" in html
    assert "read in 2 chapters" in html
    assert "7 of them reused from the previous prompt" in html


THOUGHT = "They want a summary. I am a model by Somebody."


def test_thoughts_stand_on_the_summarys_page_for_staff_and_in_no_list():
    summary = SummaryFactory(thoughts=f"<b>{THOUGHT}</b>", output_tokens=40, thinking_tokens=30)
    html = researcher().get(summary.get_absolute_url()).content.decode()
    assert f"&lt;b&gt;{THOUGHT}&lt;/b&gt;" in html
    assert "30 of them thoughts" in html
    for url in (
        summary.run.get_absolute_url(),
        summary.document.get_absolute_url(),
        summary.run.system.get_absolute_url(),
    ):
        assert THOUGHT not in researcher().get(url).content.decode()


def test_thoughts_of_chapters_stand_with_their_calls():
    summary = SummaryFactory(thoughts=THOUGHT, chapters=2)
    for position in (1, 2):
        SummaryCall.objects.create(
            summary=summary, position=position, step="chapter", prompt="A half.", thoughts=f"Thought {position}.",
            stop_reason="thinking", thinking_tokens=9, seconds=0.1,
        )  # fmt: skip
    html = researcher().get(summary.get_absolute_url()).content.decode()
    assert ("Thought 1." in html, "Thought 2." in html, "9 of them thoughts" in html) == (True, True, True)
    assert html.count("limit spent on thinking") == 2


def test_a_limit_spent_on_thinking_is_told_with_what_to_do():
    summary = SummaryFactory(text="", stop_reason="thinking", output_tokens=96, thoughts=THOUGHT)
    for url in (summary.get_absolute_url(), summary.document.get_absolute_url()):
        html = researcher().get(url).content.decode()
        assert "The limit of 96 tokens was spent on thinking; raise <code>decoding.max_tokens</code>" in html
    html = researcher().get(summary.run.get_absolute_url()).content.decode()
    assert "1 of 1 summaries has no text, because the output limit was spent on thinking" in html
    assert "spent on thinking</span>" in html


def test_control_tokens_of_a_transcript_are_told_on_the_run_and_the_summary():
    summary = SummaryFactory(control_tokens=["<|im_end|>"])
    SummaryFactory(run=summary.run, document__dataset=summary.run.dataset)
    html = researcher().get(summary.get_absolute_url()).content.decode()
    assert "&lt;|im_end|&gt;</code>, which the server may have read as commands" in html
    html = researcher().get(summary.run.get_absolute_url()).content.decode()
    assert "1 of 2 transcripts holds control tokens" in html
