"""``podia review FOLDER``: review of an analysis in napari."""

from __future__ import annotations

from importlib.util import find_spec

from podia.data.errors import MissingDependencyError
from podia.results.results import Results


def review_in_napari(results: Results) -> str:
    """Open an analysis in napari for review and correction; return a message for the user.

    Unsaved edits are saved when the window is closed.

    Raises
    ------
    MissingDependencyError
        If napari or napari-track-edit is not installed.
    """
    if find_spec("napari") is None or find_spec("napari_track_edit") is None:
        raise MissingDependencyError(
            'Review in napari requires additional packages: pip install "podia[review]". Without them, '
            f"review in the browser: podia review {results.path} --browser."
        )
    import napari
    from podia.napari.review import open_review

    viewer = napari.Viewer(title=f"podia: {results.path.name}")
    dock = open_review(viewer, results)
    napari.run()
    saved: str = dock.review.save_on_closing()
    return saved
