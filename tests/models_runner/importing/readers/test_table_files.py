"""Tables that are no text: workbooks, Parquet, data sets that Hugging Face's library saved."""

import datetime

import pytest

from models_runner.importing.preview import preview_import
from models_runner.importing.reading import ReadOptions
from tests.models_runner.importing.readers.tables import MAP, documents, parquet, workbook
from tests.models_runner.importing.reading import problem, read, said


class TestWorkbooks:
    ROWS = [["id", "transcript", "reference"], ["a", "Ana: Hi.\nOmar: Bye.", "They greet."], [7, "Ana: Hi.", None]]

    def test_own_columns(self):
        assert documents("a.xlsx", workbook(("Sheet1", self.ROWS), ("Empty", []))) == [
            ("a", ["Ana", "Omar"], ["They greet."]),
            ("7", ["Ana"], []),
        ]

    def test_a_map(self):
        data = workbook(("S", [["Talk", "Gold", "Day"], ["Ana: Hi.", "x", datetime.date(2026, 1, 5)]]))
        assert documents("a.xlsx", data, *MAP) == [("a-1", ["Ana"], ["x"])]
        assert "a.xlsx, sheet S, header: columns are 'Talk', 'Gold', 'Day'" in problem("a.xlsx", data)

    def test_one_of_several_sheets_is_named(self):
        data = workbook(("First", self.ROWS), ("Second", self.ROWS[:2]))
        assert "has several sheets: First, Second. Name one: --sheet 'First'" in problem("a.xlsx", data)
        assert len(documents("a.xlsx", data, sheet="Second")) == 1
        assert "has no sheet 'Third'. Its sheets are First, Second" in problem("a.xlsx", data, sheet="Third")

    def test_words_for_nothing_and_twice_named_columns(self):
        assert "row 2, field 'reference': is 'nan'" in problem(
            "a.xlsx", workbook(("S", [self.ROWS[0], ["a", "Ana: Hi.", "nan"]]))
        )
        assert "columns 1 and 2 are both named 'id'" in problem("a.xlsx", workbook(("S", [["id", "id"], ["a", "b"]])))

    def test_a_title_above_the_names_of_columns(self):
        data = workbook(("S", [["Our meetings"], [], *self.ROWS[:2]]))
        assert documents("a.xlsx", data) == [("a", ["Ana", "Omar"], ["They greet."])]
        assert "Not taken for names of columns: row 1 “Our meetings”" in said(read("a.xlsx", data))
        assert "row 4, field 'reference'" in problem(
            "a.xlsx", workbook(("S", [["Our meetings"], [], self.ROWS[0], ["a", "Ana: Hi.", "nan"]]))
        )

    def test_one_column_has_no_title_above_it(self):
        data = workbook(("S", [["transcript"], ["Ana: Hi."], ["Omar: Bye.", "a remark"]]))
        assert [d[1] for d in documents("a.xlsx", data, "transcript=transcript")] == [["Ana"], ["Omar"]]

    def test_a_merged_cell_stands_in_all_its_rows(self):
        rows = [["Meeting", "Speaker", "Text"], ["m1", "Ana", "Hi."], [None, "Omar", "Ho."], ["m2", "Ana", "Bye."]]
        data = workbook(("S", rows), merged=["A2:A3"])
        assert documents("a.xlsx", data) == [("m1", ["Ana", "Omar"], []), ("m2", ["Ana"], [])]
        assert "row 3, field 'id' (column 'Meeting'): is empty" in problem("a.xlsx", workbook(("S", rows)))

    def test_a_cell_that_excel_may_have_cut_is_said(self):
        data = workbook(("S", [self.ROWS[0], ["a", ("Ana: Hello. " * 3_000)[:32_767], "x"]]))
        assert "row 2: a cell holds 32,767 characters, where Excel cuts texts" in said(read("a.xlsx", data))

    @pytest.mark.parametrize("data", [b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken"])
    def test_a_broken_workbook_is_named(self, data):
        assert "a.xls" in problem("a.xls", data, format="xlsx")


class TestParquet:
    TABLE = {"id": ["a", "b"], "dialogue": ["Ana: Hi.", "Omar: Bye."], "summary": ["One.", None]}

    def test_a_known_set_and_a_map(self):
        assert documents("a.parquet", parquet(self.TABLE)) == [("a", ["Ana"], ["One."]), ("b", ["Omar"], [])]
        data = parquet({"n": [1, 2], "x": [{"t": "Ana: Hi."}, {"t": "Omar: Bye."}], "gold": [["One.", "Two."], []]})
        assert documents("a.parquet", data, "id=n", "transcript=x.t", "reference=gold") == [
            ("1", ["Ana"], ["One.", "Two."]),
            ("2", ["Omar"], []),
        ]

    def test_own_columns(self):
        assert documents("a.parquet", parquet({"id": ["a"], "transcript": ["Ana: Hi."], "reference": ["x"]})) == [
            ("a", ["Ana"], ["x"])
        ]

    def test_a_not_a_number_is_nothing(self):
        data = parquet({"id": ["a"], "t": ["Ana: Hi."], "r": [float("nan")]})
        assert documents("a.parquet", data, "id=id", "transcript=t", "reference=r") == [("a", ["Ana"], [])]

    def test_a_broken_file_is_named(self):
        assert "a.parquet: is no table that can be read" in problem("a.parquet", b"PAR1 broken")


class TestHuggingFaceOnDisk:
    @pytest.fixture
    def folder(self, tmp_path):
        from datasets import Dataset, DatasetDict

        rows = {"id": ["a", "b"], "dialogue": ["Ana: Hi.", "Omar: Bye."], "summary": ["One.", "Two."]}
        test = {"id": ["c"], "dialogue": ["Ana: So."], "summary": ["Three."]}
        DatasetDict(train=Dataset.from_dict(rows), test=Dataset.from_dict(test)).save_to_disk(tmp_path / "set")
        return tmp_path / "set"

    def test_all_splits_or_one(self, folder):
        files = preview_import(folder, ReadOptions()).files
        assert {file.split: [d.id for d in file.documents] for file in files} == {"test": ["c"], "train": ["a", "b"]}
        assert [d.id for d in preview_import(folder, ReadOptions(split="test")).documents] == ["c"]
        assert "has no split 'val'. Its splits are test, train." in "".join(
            preview_import(folder, ReadOptions(split="val")).problems
        )

    def test_a_set_without_splits(self, folder):
        (file,) = preview_import(folder / "train", ReadOptions()).files
        assert (file.format, [d.id for d in file.documents]) == ("hf", ["a", "b"])

    def test_what_comes_with_it_is_no_data(self, folder):
        result = preview_import(folder, ReadOptions())
        assert {file.format for file in result.files} == {"hf"}


def test_an_empty_workbook_is_said_to_be_empty():
    assert "has no rows" in problem("a.xlsx", workbook(("S", [])))
