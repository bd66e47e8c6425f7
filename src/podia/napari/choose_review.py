"""The widget "Review an analysis" of the napari plugin: choose a folder, and open its review in the viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from magicgui.widgets import Container, FileEdit, Label, PushButton

import napari
from podia.data.errors import PodiaError
from podia.napari.review import open_review
from podia.results.results import open_results


def review_choice() -> Any:
    """Return the widget; it opens the review in the current viewer."""
    viewer = napari.current_viewer()
    folder = FileEdit(mode="d", label="Analysis folder", name="folder")
    button, status = PushButton(text="Open", name="open"), Label(value="", name="status")

    def open_folder() -> None:
        try:
            open_review(viewer, open_results(Path(folder.value)))
        except PodiaError as error:
            status.value = str(error)

    button.changed.connect(open_folder)
    return Container(widgets=[folder, button, status], labels=True)
