"""Reader for plate maps: condition, replicate and dose of each well."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.io.any_table import TextTable, read_any_table

PLATE_TABLE = "experiment.csv"
"""Table of the analysis folders of a plate, which ``podia run --plate-map`` writes beside them."""

_COLUMNS = ("well", "condition", "replicate", "dose", "compound", "note")
_ALSO = {
    "treatment": "condition",
    "group": "condition",
    "concentration": "dose",
    "drug": "compound",
    "rep": "replicate",
    "position": "well",
}
_WELL = re.compile(r"(?<![A-Za-z])([A-P])[ _/-]?0*([1-9]|1\d|2[0-4])(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Well:
    """A well of a plate.

    Parameters
    ----------
    name
        Such as ``A1``; names of positions that are not wells are kept unchanged.
    condition, replicate
        As in the map. Without a condition, it is the compound with its dose.
    dose, dose_unit, compound
        None and empty if the map has none.
    """

    name: str
    condition: str
    replicate: str
    dose: float | None = None
    dose_unit: str = ""
    compound: str = ""


def well_in(text: str) -> str:
    """Return the well that a name contains, as ``A1``; the name itself if it contains none.

    >>> well_in("A01"), well_in("plate2_b-12_s1"), well_in("C/3/0"), well_in("field 3")
    ('A1', 'B12', 'C3', 'field 3')
    """
    found = _WELL.search(text)
    return f"{found[1].upper()}{int(found[2])}" if found else text


def read_plate_map(path: str | Path) -> tuple[Well, ...]:
    r"""Return the wells of a plate map, a CSV file or the first sheet of an Excel workbook.

    Columns are ``well`` and ``replicate``, ``condition`` or ``dose`` or both, and optionally ``compound`` and ``note``.
    The name of the dose column may contain its unit: ``dose_uM``, ``dose (nM)``. Rows whose condition and dose are both
    empty are wells that are not used.

    Raises
    ------
    InvalidInputError
        If the table cannot be read, a column is missing or unknown, a well occurs twice, or a dose is not a number.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "map.csv"
    ...     _ = file.write_text("well,dose_uM,compound,replicate\nA01,0.5,drug,1\n")
    ...     read_plate_map(file)
    (Well(name='A1', condition='drug 0.5 uM', replicate='1', dose=0.5, dose_unit='uM', compound='drug'),)
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidInputError(f"There is no plate map '{path}'. Give a CSV file or an Excel workbook.")
    try:
        table = read_any_table(path)
    except MovieReadError as error:
        raise InvalidInputError(str(error)) from None
    places, unit = _places(table, path)
    wells = [
        _well({name: row[place] for name, place in places.items()}, unit, f"'{path}', row {line}")
        for row, line in zip(table.rows, table.line_of, strict=True)
    ]
    used = tuple(well for well in wells if well is not None)
    _require_different(used, path)
    return used


def _places(table: TextTable, path: Path) -> tuple[dict[str, int], str]:
    """Return the index of each known column, and the unit of doses."""
    places: dict[str, int] = {}
    unit = ""
    for place, text in enumerate(table.columns):
        name, own_unit = _column(text)
        if name not in _COLUMNS:
            raise InvalidInputError(
                f"'{path}' has an unknown column '{text}'.{nearest_name_hint(name, _COLUMNS)} "
                f"Allowed: {', '.join(_COLUMNS)}."
            )
        if name in places:
            raise InvalidInputError(f"'{path}' has two columns for '{name}'. Remove one.")
        places[name] = place
        unit = own_unit or unit
    for name in ("well", "replicate"):
        if name not in places:
            raise InvalidInputError(
                f"'{path}' lacks the column '{name}'; it has {', '.join(table.columns)}. Wells of one day "
                "and passage are one replicate; other days are other replicates."
                if name == "replicate"
                else f"'{path}' lacks the column '{name}'; it has {', '.join(table.columns)}."
            )
    if not {"condition", "dose"} & set(places):
        raise InvalidInputError(
            f"'{path}' has neither a column 'condition' nor 'dose'. Add one of them, or both."
        )
    return places, unit


def _column(text: str) -> tuple[str, str]:
    """Return the name of a column and the unit in it.

    >>> _column("Dose (uM)"), _column("dose_nM"), _column("Treatment")
    (('dose', 'uM'), ('dose', 'nM'), ('condition', ''))
    """
    plain = text.strip()
    found = re.fullmatch(r"(?i)(dose|concentration)[ _]*[(\[]?([^)\]]*)[)\]]?", plain)
    if found:
        return "dose", found[2].strip()
    name = plain.lower()
    return _ALSO.get(name, name), ""


def _well(row: dict[str, str], unit: str, where: str) -> Well | None:
    condition, dose_text, compound = (row.get(name, "") for name in ("condition", "dose", "compound"))
    if not condition and not dose_text:
        return None
    if not row["well"] or not row["replicate"]:
        missing = "well" if not row["well"] else "replicate"
        raise InvalidInputError(f"{where}: {missing} is empty.")
    dose = parse_dose(dose_text, where)
    if not condition:
        condition = " ".join(part for part in (compound, f"{dose:g}", unit) if part)
    return Well(well_in(row["well"]), condition, row["replicate"], dose, unit, compound)


def parse_dose(text: str, where: str) -> float | None:
    """Return a dose, None if the text is empty; `where` begins the message of an error.

    Raises
    ------
    InvalidInputError
        If it is not a number of 0 or more.
    """
    if not text:
        return None
    try:
        dose = float(text.replace(",", "."))
    except ValueError:
        dose = math.nan
    if not (math.isfinite(dose) and dose >= 0):
        raise InvalidInputError(
            f"{where}: the dose '{text}' is not a number of 0 or more. Put its unit into the column name: dose_uM."
        )
    return dose


def _require_different(wells: tuple[Well, ...], path: Path) -> None:
    seen: set[str] = set()
    for well in wells:
        if well.name in seen:
            raise InvalidInputError(f"'{path}' has well '{well.name}' more than once.")
        seen.add(well.name)
    if not wells:
        raise InvalidInputError(f"'{path}' has no well with a condition or a dose.")
