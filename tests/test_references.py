"""The works that podia cites, and the code names of none of them in anything that people read."""

import re
from pathlib import Path

import pytest

from podia.references import REFERENCES, Reference, cite

ROOT = Path(__file__).parents[1]
CODE_NAME = re.compile(r"(?<![\w/:])S[0-4](?!\w)")


def test_the_full_citation_ends_with_the_number_of_the_work() -> None:
    assert cite("arbelle2019").startswith("Arbelle & Riklin Raviv 2019, Microscopy")
    assert cite("arbelle2019").endswith("arXiv:1805.11247")
    assert cite("tsai2019").endswith("doi:10.1016/j.softx.2019.02.007")


def test_a_work_without_a_number_is_cited_without_one() -> None:
    assert Reference("Doe 2020", "A title").full == "Doe 2020, A title"


def test_short_citations_tell_works_apart() -> None:
    assert len({reference.short for reference in REFERENCES.values()}) == len(REFERENCES)


@pytest.mark.parametrize("key", REFERENCES)
def test_numbers_stand_without_their_prefix(key: str) -> None:
    reference = REFERENCES[key]
    assert reference.doi is None or reference.doi.startswith("10.")
    assert reference.arxiv is None or re.fullmatch(r"\d{4}\.\d{4,5}", reference.arxiv)


FOLDERS = ("src", "docs", "benchmarks", "tests", "examples")
PAGES = ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md")


def test_papers_are_cited_and_not_called_by_a_code_name() -> None:
    endings = {".py", ".md", ".toml", ".j2", ".css", ".js", ".txt"}
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in endings]
    files += [ROOT / page for page in PAGES]
    found = {
        str(path.relative_to(ROOT)): names
        for path in files
        if path != Path(__file__) and (names := CODE_NAME.findall(path.read_text(encoding="utf-8")))
    }
    assert found == {}
