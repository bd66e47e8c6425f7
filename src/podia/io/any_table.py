"""Reader for tables: CSV with any separator and encoding, and Excel workbooks."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from podia.data.errors import MovieReadError
from podia.io.damaged import unreadable_file

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
_SEPARATORS = ",;\t"
_LARGEST_FIELD = 1 << 20


@dataclass(frozen=True)
class TextTable:
    """A table of texts, without surrounding blanks and empty rows; `line_of` is the line of each row in the file."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line_of: tuple[int, ...]
    decimal_comma: bool = False

    def frame(self) -> pd.DataFrame:
        """Return the table as a data frame of texts."""
        return pd.DataFrame(list(self.rows), columns=list(self.columns), dtype=str)

    def numbers(self) -> pd.DataFrame:
        """Return the table with numeric columns converted: empty cells are NaN, decimal commas are accepted."""
        texts = self.frame()
        table = texts.copy()
        for place, name in enumerate(self.columns):
            words = texts.iloc[:, place]  # by place: several columns may be without a name
            if self.decimal_comma:
                words = words.str.replace(",", ".", regex=False)
            numbers = pd.to_numeric(words.where(words != "", None), errors="coerce")
            if (numbers.notna() | (words == "") | (words.str.lower() == "nan")).all():
                table[name] = numbers
        return table


def read_any_table(path: Path) -> TextTable:
    r"""Return the table in a CSV file or the first sheet of an Excel workbook.

    Separators are commas, semicolons and tabs. If it is not the comma, numbers may have a decimal comma. Encodings are
    UTF-8, UTF-16 and Windows Latin-1. Empty columns at the end and empty rows are ignored.

    Raises
    ------
    MovieReadError
        If it cannot be read, is empty, has a column twice, or a row has more values than there are columns.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "t.csv"
    ...     _ = file.write_text("name;x\nA;0,5\n;\n")
    ...     read_any_table(file).numbers().to_dict("records")
    [{'name': 'A', 'x': 0.5}]
    """
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _table(_workbook_rows(path), path, decimal_comma=False)
    text = _text(path)
    lines = [line for line in text.splitlines() if line.strip(" \t,;")]
    if not lines:
        raise MovieReadError(f"'{path}' cannot be read as CSV table: it is empty.")
    separator = max(_SEPARATORS, key=lambda mark: _outside_quotes(lines[0]).count(mark))
    csv.field_size_limit(_LARGEST_FIELD)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, skipinitialspace=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise unreadable_file(path, "CSV table", error) from error
    return _table(rows, path, decimal_comma=separator != ",")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MovieReadError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise MovieReadError(f"'{path}' is a binary file, not a table. Save it as CSV (UTF-8).")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _outside_quotes(line: str) -> str:
    return "".join(part for place, part in enumerate(line.split('"')) if place % 2 == 0)


def _table(rows: list[tuple[int, list[str]]], path: Path, *, decimal_comma: bool) -> TextTable:
    stripped = [(line, [word.strip() for word in row]) for line, row in rows]
    filled = [(line, row) for line, row in stripped if any(row)]
    if not filled:
        raise MovieReadError(f"'{path}' cannot be read as CSV table: it is empty.")
    columns = _without_empty_end(filled[0][1])
    repeated = [name for place, name in enumerate(columns) if name and name in columns[:place]]
    if repeated:
        raise MovieReadError(f"'{path}' has the column '{repeated[0]}' twice. Remove one of them.")
    complete = []
    for line, row in filled[1:]:
        if any(row[len(columns) :]):
            raise MovieReadError(
                f"Line {line} of '{path}' has {len(_without_empty_end(row))} values for {len(columns)} "
                "columns. Put text that contains a comma in quotation marks."
            )
        complete.append((line, tuple(row[: len(columns)] + [""] * (len(columns) - len(row)))))
    return TextTable(
        tuple(columns), tuple(row for _, row in complete), tuple(line for line, _ in complete), decimal_comma
    )


def _without_empty_end(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _workbook_rows(path: Path) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            return [
                (number, [_word(cell) for cell in row])
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
            ]
        finally:
            book.close()
    except Exception as error:  # a damaged archive may break the parser anywhere
        raise unreadable_file(path, "Excel workbook", error) from error


def _word(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
