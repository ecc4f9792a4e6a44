"""The decision report: what it says, and what it never says."""

import re
from types import SimpleNamespace

import pytest
import typst
from django.test import Client
from django.utils import translation

from annotations.models import Membership, Study
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.presentation.flags import FlagNote
from leaderboards.presentation.report import pdf
from leaderboards.presentation.report.limits import limits_of
from leaderboards.presentation.report.report import make_report
from leaderboards.presentation.study_verdict import study_verdict
from leaderboards.snapshots.query import BoardQuery
from models_runner.models import Document, Summary
from tests.factories import UserFactory, make_study
from tests.leaderboards.helpers import system_slugs
from tests.leaderboards.shared import COMMENT, PSEUDONYM, add_votes_against, make_shown_study
from tests.people import researcher, stranger

pytestmark = pytest.mark.django_db
PAGE, FILE = "/boards/meetings/report/", "/boards/meetings/report.pdf"


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_shown_study(criteria=("overall", "fluency"))


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def report_of(study, filters=DEFAULT, **options):
    return make_report(BoardQuery(study, study.criteria.first(), filters), [], **options)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_verdict_is_the_boards(study):
    small, large, _ = system_slugs(study)
    report = report_of(study)
    assert report.asks == f"Is {small} good enough in place of {large}?"
    assert report.verdict == study_verdict(study)
    assert [(side, slug) for side, slug, _ in report.systems] == [("Small", small), ("Large", large)]
    # Three annotators, three pairs on each of five documents.
    votes = [("Votes on the two", "15"), ("Votes on all systems", "45")]
    assert report.counts == [*votes, ("Annotators", "3"), ("Documents", "5")]


def test_typical_pairs_with_both_texts_the_votes_on_every_question_and_comments(study):
    small, large, _ = system_slugs(study)
    lost = add_votes_against(study, small, large, pair=3, outcome="large")
    tied = add_votes_against(study, small, large, pair=4, outcome="tie")
    win, loss, tie = report_of(study).pairs
    assert (win.title, win.votes) == (f"A clear win of {small}", f"3 votes: 3 for {small}")
    assert (loss.comparison, loss.votes) == (lost.pk, f"3 votes: 3 for {large}")
    assert (tie.comparison, tie.votes, tie.title) == (tied.pk, "3 votes: 3 equally good", "A tie")
    assert [votes for _, votes in win.other_questions] == [f"3 votes: 3 for {small}"]
    assert [(comment.answer, comment.text) for comment in win.comments] == [(f"for {small}", COMMENT)]
    of_small = Summary.objects.get(run__system__slug=small, document=lost.document)
    assert (loss.small_text, loss.large_text) == (
        of_small.text,
        Summary.objects.get(run__system__slug=large, document=lost.document).text,
    )


def test_where_nobody_agrees_the_pair_is_missing_with_the_reason(study):
    loss = report_of(study).pairs[1]
    assert loss.comparison == 0
    assert loss.reason.startswith("There is no pair of at least two votes on which most people preferred ")


def test_without_texts_and_comments_only_votes_are_said(study):
    report = report_of(study, texts=False, comments=False)
    win = report.pairs[0]
    assert (win.document, win.small_text, win.large_text, win.comments) == ("", "", "", [])
    assert win.votes


def test_nothing_names_an_annotator(study):
    texts = [PSEUDONYM, *(str(a.public_id) for a in study.annotators.all())]
    answer = text_of(researcher().get(PAGE))
    assert COMMENT in answer
    assert not [text for text in texts if text in answer]
    assert PSEUDONYM not in repr(report_of(study, Filters(raters="unflagged")))


def test_a_long_summary_is_cut_with_a_sign(study):
    Summary.objects.filter(run__system__slug=system_slugs(study)[0]).update(text="word " * 500)
    win = report_of(study).pairs[0]
    assert win.small_text.endswith(" …")
    assert len(win.small_text) < 750


def test_too_few_votes_say_so_in_place_of_numbers():
    study = make_study(systems=2, documents=1)
    report = report_of(study)
    assert report.pairs == []
    assert report.agreement.sentences == ["Too few to say: no votes yet."]
    assert report.agreement.numbers == []
    assert report.goes_on


def board(**values):
    line = {"system": "tiny", "summaries": 8, "cut_inputs": 0, "cut_outputs": 0, "empty_outputs": 0, "rating": 1.0}
    lines = [line, line | {"system": "big"}, line | {"system": "other"}]
    found = {
        "systems": [one | {"votes": 30, "too_few": "", "reasons": {}} for one in lines],
        "verdict": {"small": "tiny", "large": "big"}, "documents": 9, "annotators": 4, "dataset": "meetings",
        "instruction": "medium", "filters": {}, "flagged_votes": 0, "warnings": [], "votes_filtered": 40,
        "votes_unfiltered": 45,
    }  # fmt: skip
    return found | values


NOBODY = FlagNote([], known=True, left_out=False)


@pytest.mark.once
class TestLimits:
    def said(self, flags=NOBODY, left_out=(), **values):
        return " ".join(limits_of(board(**values), flags, list(left_out)))

    def test_flagged_annotators_are_counted_not_named(self):
        assert "Checks flag 1 annotator of 4; their votes count here." in self.said(FlagNote([PSEUDONYM], True, False))
        assert PSEUDONYM not in self.said(FlagNote([PSEUDONYM], True, False))
        left_out = self.said(FlagNote([PSEUDONYM], True, True), flagged_annotators=[PSEUDONYM])
        assert "Votes of 1 annotator whom a check flags are left out." in left_out
        assert "not computed yet" in self.said(FlagNote([], False, False))

    def test_what_a_view_leaves_out_is_said_with_the_votes_that_remain(self):
        assert "This view leaves out: votes by people. It counts 40 of 45 votes." in self.said(
            left_out=["votes by people"]
        )
        assert "leaves out" not in self.said()

    def test_cut_and_empty_summaries_of_the_two_systems_are_said(self):
        lines = board()["systems"]
        lines[0] |= {"cut_inputs": 3, "empty_outputs": 1}
        lines[2] |= {"cut_outputs": 8}
        said = self.said(systems=lines)
        assert "Of 8 summaries of tiny: a part of the meeting was not read in 3, nothing was written in 1." in said
        assert "of other:" not in said

    def test_warnings_of_the_board_are_limits(self):
        assert "The votes do not connect all systems." in self.said(warnings=["the votes do not connect all systems."])


class TestPdf:
    def drawn(self, study):
        return pdf.as_pdf(report_of(study), [])

    def test_it_is_a_pdf_of_one_or_two_pages_and_the_same_each_time(self, study):
        first = self.drawn(study)
        assert first.startswith(b"%PDF-")
        assert first == self.drawn(study)
        pages = typst.compile(
            pdf.LAYOUT, format="svg", sys_inputs={"report": pdf.json.dumps(pdf._values(report_of(study), []))}
        )
        assert isinstance(pages, bytes) or len(pages) == 2

    def test_chinese_is_set_in_the_font_that_comes_with_the_site(self, study, monkeypatch):
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[pdf.pylopdf_fonts_zh_cn.serif_path().parent])
        monkeypatch.setattr(pdf, "_fonts", lambda folder: fonts)
        latin = self.drawn(study)
        Summary.objects.update(text="结账功能在星期五发布。")
        Document.objects.update(language="zh")
        chinese = self.drawn(study)
        assert b"NotoSerifSC" not in latin
        assert b"NotoSerifSC" in chinese

    def test_it_is_in_the_language_of_the_page(self, study):
        with translation.override("zh-hans"):
            report = report_of(study)
            values, drawn = (
                pdf._values(report, ["Rating is not over: the verdict may still change."]),
                pdf.as_pdf(report, []),
            )
        texts = [
            values["asks"], values["verdict"]["heading"], values["verdict"]["sentence"], values["rule"],
            values["agreement"]["sentences"], values["methods"], values["pairs"][0]["votes"], *values["notes"],
            *values["limits"], *(name for name, _ in values["counts"]), values["words"]["footer"],
        ]  # fmt: skip
        assert [text for text in texts if not re.search("[一-鿿]", text)] == []
        assert values["lang"] == "zh"
        assert b"NotoSerifSC" in drawn

    def test_texts_are_no_markup(self, study):
        Summary.objects.update(text='#panic("no") $x$ *bold* = heading <label> @ref \\ // {"a": 1} `raw')
        assert self.drawn(study).startswith(b"%PDF-")

    @pytest.mark.parametrize("language", ["zh-Hant-HK", "und", "ar", "", "x-private", "日本"])
    def test_any_language_can_be_set(self, study, language):
        Document.objects.update(language=language)
        assert self.drawn(study).startswith(b"%PDF-")

    def test_simulated_votes_and_a_study_that_goes_on_are_said_in_the_file(self):
        from leaderboards.web.report_notes import GOES_ON, SIMULATED, file_notes

        report = SimpleNamespace(simulated=True, goes_on=True, looks="", looks_settled=False)
        assert file_notes(report, "Insisted.") == [SIMULATED, "Insisted.", GOES_ON]


class TestPage:
    def test_it_shows_the_report_and_leads_to_its_file(self, study):
        answer = researcher().get(PAGE)
        html = answer.content.decode()
        assert 'href="/boards/meetings/report.pdf?criterion=overall"' in html
        assert "Three typical pairs" in html
        assert 'class="verdict-picture"' in html
        for word in ("What was asked", "How far people agree", "Limits", "Methods", "SHA-256 of the data"):
            assert word in html

    def test_the_file_is_a_pdf_with_a_name(self, study):
        answer = researcher().get(FILE, {"criterion": "fluency"})
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'attachment; filename="meetings-fluency-report.pdf"'
        assert answer.content.startswith(b"%PDF-")

    def test_a_view_says_what_it_leaves_out(self, study):
        assert "This view leaves out: votes by people" in text_of(researcher().get(PAGE, {"judges": "llm"}))

    def test_a_stranger_logs_in_and_only_owners_are_led_to_sharing(self, study):
        assert stranger().get(PAGE)["Location"].startswith("/login/")
        member = UserFactory()
        Membership.objects.create(study=study, user=member, role="researcher")
        client = Client()
        client.force_login(member)
        share = 'href="/boards/meetings/sharing/"'
        assert share not in client.get(PAGE).content.decode()
        assert share in researcher().get(PAGE).content.decode()

    def test_the_study_page_says_the_verdict_once_a_board_is_stored(self, study):
        address = f"/studies/{study.slug}/"
        assert "appears here once somebody has opened" in text_of(researcher().get(address))
        verdict = study_verdict(study)
        assert verdict.sentence in researcher().get(address).content.decode()
