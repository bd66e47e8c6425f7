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
