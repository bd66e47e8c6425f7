"""An analysis in napari, with the tracks of napari-track-edit and podia's dock beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podia.corrections.differences import Differences
from podia.corrections.operations import CellAt
from podia.corrections.suspects import Suspect, where
from podia.data.errors import InvalidInputError
from podia.napari.actions import perform
from podia.napari.editable_tracks import EditableTracks
from podia.napari.layers import Placement, movie_layer
from podia.napari.review_session import ReviewSession
from podia.results.results import Results

if TYPE_CHECKING:
    from podia.napari.review_dock import ReviewDock

_VIEW_PX = 160
"""Side of the field that is shown around a suspect, px."""


class Review:
    """A viewer that shows one analysis, and what the dock does in it.

    Parameters
    ----------
    viewer
        The napari viewer. It gets the movie, and the layers of napari-track-edit: cells, their centres and tracks.
    results
        The analysis.
    """

    def __init__(self, viewer: Any, results: Results) -> None:
        from napari_track_edit.data_views.views_coordinator.tracks_viewer import TracksViewer

        self.session = ReviewSession(results)
        editable = EditableTracks.of(self.session.results.labels, self.session.results.lineage)
        self.viewer = viewer
        self._placement = Placement(self.session.results.calibration)
        data, keywords, _ = movie_layer(self.session.results.movie, str(self.session.results.origin.movie))
        viewer.add_image(data, **keywords)
        self.tracks_viewer = TracksViewer.get_instance(viewer)
        viewer.scale_bar.visible = True
        self._show(editable)

    def look_at(self, suspect: Suspect) -> None:
        """Show the frame of a suspect with its cell in the centre, and select it in napari-track-edit."""
        pixel = self._placement.pixel
        self.viewer.dims.set_current_step(0, suspect.frame)
        self.viewer.camera.zoom = max(self.viewer.camera.zoom, self._canvas_px() / (_VIEW_PX * pixel))
        node = self.editable.node_at(where(suspect))
        if node:
            self.tracks_viewer.selected_nodes.add(node)
        self.viewer.camera.center = (0.0, suspect.y * pixel, suspect.x * pixel)

    def do_as_suggested(self, suspect: Suspect) -> None:
        """Do what a suspect suggests, as an edit that napari-track-edit can undo.

        Raises
        ------
        InvalidInputError
            If nothing is suggested, or it does not fit any more.
        """
        if suspect.correction is None:
            raise InvalidInputError("There is no suggestion. Look at the cell, and correct it manually.")
        perform(self.editable, suspect.correction)

    def save(self) -> Differences:
        """Save what was edited since the last measurement, and return it."""
        found = self.editable.differences()
        self.session.save(found.corrections)
        return found

    def save_on_closing(self) -> str:
        """Save what was not saved yet, and return a sentence about what is left to do."""
        self.save()
        count = self.session.n_saved
        if not count:
            return "There are no unsaved corrections."
        path = self.session.results.path
        return f"Corrections saved but not applied yet: {count}. To apply them: podia apply {path}."

    def show_measured(self, results: Results) -> None:
        """Show results that were measured from what :meth:`save` saved."""
        self.session = self.session.after(results)
        step = self.viewer.dims.current_step
        center, zoom = self.viewer.camera.center, self.viewer.camera.zoom
        self._show(EditableTracks.of(self.session.results.labels, self.session.results.lineage))
        self.viewer.dims.current_step = step
        self.viewer.camera.center, self.viewer.camera.zoom = center, zoom

    def cell_at(self, frame: int, y: float, x: float) -> int:
        """Return the node at a position in px, 0 where there is none."""
        return self.editable.node_at(CellAt(frame=frame, y=y, x=x))

    def _show(self, editable: EditableTracks) -> None:
        self.editable = editable
        listed = self.tracks_viewer.tracks_list
        outdated = [listed.tracks_list.item(row) for row in range(listed.tracks_list.count())]
        listed.add_tracks(editable.tracks, self.session.results.path.name)
        for item in outdated:
            listed.remove_tracks(item)
        group = self.tracks_viewer.tracking_layers
        for layer in (group.seg_layer, group.points_layer, group.tracks_layer):
            layer.units = self._placement.units

    def _canvas_px(self) -> float:
        return float(min(self.viewer.canvas.size) if hasattr(self.viewer, "canvas") else 600)


def open_review(viewer: Any, results: Results) -> ReviewDock:
    """Show `results` in a viewer, with podia's dock and the menus of napari-track-edit; return the dock."""
    from napari_track_edit.application_menus.main_app import MENU_WIDGETS, MenuManager

    from podia.napari.review_dock import ReviewDock

    review = Review(viewer, results)
    menus = review.tracks_viewer.menu_manager or MenuManager(viewer)
    for name in ("Editing && Selection", "Lineage View"):
        menus.initialize_menu({name: MENU_WIDGETS[name]})
    dock = ReviewDock(review)
    viewer.window.add_dock_widget(dock.widget, name="podia", area="right")
    return dock
