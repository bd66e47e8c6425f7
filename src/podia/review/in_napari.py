"""``podia review FOLDER``: an analysis in napari."""

from __future__ import annotations

from importlib.util import find_spec

from podia.data.errors import MissingDependencyError
from podia.results.results import Results


def review_in_napari(results: Results) -> None:
    """Open an analysis in napari, to look at it and correct it.

    Raises
    ------
    MissingDependencyError
        If napari is not installed.
    """
    if find_spec("napari") is None:
        raise MissingDependencyError(
            f'Review in napari needs more packages: pip install "podia[review]". '
            f"Without them, review in the browser: podia review {results.path} --browser."
        )
    raise MissingDependencyError(
        f"This version of podia reviews in the browser only: podia review {results.path} --browser."
    )
