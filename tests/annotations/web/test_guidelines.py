"""Guidelines in Markdown, and nothing but Markdown."""

import pytest
from django.urls import reverse

from annotations.people.links import invitation_path
from annotations.templatetags.guidelines import markdown
from tests.factories import make_study


def test_markdown_becomes_html():
    html = markdown("# First\n\nRead *all* of it:\n\n- decisions\n- owners\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<h3>First</h3>" in html
    assert "<em>all</em>" in html
    assert html.count("<li>") == 2
    assert "<td>1</td>" in html


def test_links_lead_away_without_telling_from_where():
    assert markdown("[help](https://example.org/)") == (
        '<p><a href="https://example.org/" rel="noreferrer" target="_blank">help</a></p>\n'
    )


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://example.org/x.png)",
        '[x]("onmouseover=alert(1))',
        '<https://example.org/" onclick=alert(1)>',
        "`<b>`",
    ],
)
def test_no_html_scripts_or_pictures(attack):
    html = markdown(attack).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert not [tag for tag in html.split("<") if " on" in tag.split(">")[0]]


@pytest.mark.django_db
def test_annotators_read_them_before_and_while_they_rate(client):
    study = make_study(guidelines="Read **all** of it.")
    assert "<strong>all</strong>" in client.get(invitation_path(study)).content.decode()
    client.post(invitation_path(study))
    assert "<strong>all</strong>" in client.get(reverse("rate", args=[study.public_id])).content.decode()
