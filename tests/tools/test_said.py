"""What is found where Python writes texts for pages."""

import pytest

from tools.said import lines_of_card, texts_in


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise ValueError(f"{n:,} of {total} votes")', ["%(n)s of %(total)s votes"]),
        ("x = f\"{n} vote{'' if n == 1 else 's'} left over\"", ["%(n)s vote left over", "%(n)s votes left over"]),
        ('x = "No value in " + ", ".join(names)', ["No value in %(names)s"]),
        ('x = "{} leads the large systems".format(y)', ["%(value)s leads the large systems"]),
        ('x = CharField(label="Split", help_text="Empty: all.")', ["Split", "Empty: all."]),
        ("x = f\"{a.name}: {b['why']} ({len(c)} in all)\"", ["%(name)s: %(why)s (%(c)s in all)"]),
        # not texts of a page
        ('"""A docstring of two words."""', []),
        ('logger.info("run %s has ended", pk)', []),
        ('x = gettext("Marked for gettext")', []),
        ('x = "SELECT id FROM votes"', []),
        ('__all__ = ["Export"]', []),
        ('class A:\n    def __str__(self):\n        return f"Export {self.pk} of it"', []),
        ('x = {"Content type": 1}["Two words"]', []),
    ],
)
def test_texts_are_found_by_their_form(tmp_path, source, found):
    path = tmp_path / "module.py"
    path.write_text(source)
    assert texts_in(path) == found


def test_a_card_has_a_text_for_each_branch():
    template = (
        "# {{ title }}\n| a table | {{ n }} |\n- Read {% if a.b %}twice{% else %}once{% endif %}.\n```\nno text\n```"
    )
    assert sorted(lines_of_card(template)) == ["Read once.", "Read twice.", "a table"]
