"""The widget "Segment and analyse a movie" of the napari plugin: a preview of one frame, then the whole movie."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from magicgui.widgets import ComboBox, Container, FileEdit, Label, LineEdit, PushButton
from napari.layers import Image, Labels
from napari.qt.threading import create_worker

import napari
from podia.data.calibration import Calibration
from podia.data.errors import PodiaError
from podia.data.grey_range import grey_range
from podia.data.movie import LabelMovie, Movie
from podia.io.read import movie_name
from podia.napari.layers import PATH, FrameStack, labels_layer
from podia.napari.run_command import Analysis, Method, Model, default_output, number_of
from podia.pipeline.run import run
from podia.results.results import Results
from podia.segmentation.segment import segment

PREVIEW = "preview of podia"
_UNKNOWN = "Empty if unknown: results are then in pixels or frames."


def segment_widget() -> Any:
    """Return the widget; it works on the current viewer."""
    return SegmentDock(napari.current_viewer()).widget


class SegmentDock:
    """A widget that segments the frame that is shown, and analyses the whole movie; shows the command for both."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.movie = ComboBox(
            label="Movie", choices=lambda _: [one for one in viewer.layers if isinstance(one, Image)]
        )
        self.pixel_size_um = LineEdit(label="Pixel size (um)", tooltip=_UNKNOWN)
        self.frame_interval_s = LineEdit(label="Frame interval (s)", tooltip=_UNKNOWN)
        self.method = ComboBox(label="Method", choices=get_args(Method))
        self.model = ComboBox(label="Network", choices=get_args(Model))
        self.cell_diameter = LineEdit(label="Cell diameter, such as 30px")
        self.preview = PushButton(text="Preview this frame")
        self.output = FileEdit(label="Results folder", mode="d", value="podia-results")
        self.run = PushButton(text="Analyse the whole movie")
        self.command = LineEdit(label="Same as", enabled=False)
        self.status = Label(value="")
        self.widget = Container(
            widgets=[
                self.movie,
                self.pixel_size_um,
                self.frame_interval_s,
                self.method,
                self.model,
                self.cell_diameter,
                self.preview,
                self.output,
                self.run,
                self.command,
                self.status,
            ]
        )
        self.widget.native.dock = self  # kept alive as long as the widget
        for name in ("inserted", "removed"):
            getattr(viewer.layers.events, name).connect(lambda _: self.movie.reset_choices())
        self.movie.changed.connect(self._take_calibration)
        self.preview.changed.connect(self._preview)
        self.run.changed.connect(self._run)
        for widget in (
            self.pixel_size_um,
            self.frame_interval_s,
            self.method,
            self.model,
            self.cell_diameter,
            self.output,
        ):
            widget.changed.connect(self._show_command)
        self._take_calibration()

    @property
    def analysis(self) -> Analysis:
        """What is asked for; InvalidInputError where a number is none."""
        return Analysis(
            method=self.method.value,
            model=self.model.value,
            cell_diameter=self.cell_diameter.value,
            pixel_size_um=number_of(self.pixel_size_um.value, "The pixel size"),
            frame_interval_s=number_of(self.frame_interval_s.value, "The frame interval"),
        )

    def _path(self) -> str:
        layer = self.movie.value
        return "" if layer is None else str(layer.metadata.get(PATH) or layer.source.path or "")

    def _take_calibration(self) -> None:
        """Fill in what the layer says; what is not known stays empty."""
        layer = self.movie.value
        if layer is None:
            return
        known = layer.metadata.get("calibration")
        known = known if isinstance(known, Calibration) else Calibration()
        self.pixel_size_um.value = "" if known.pixel_size_um is None else repr(known.pixel_size_um)
        self.frame_interval_s.value = "" if known.frame_interval_s is None else repr(known.frame_interval_s)
        if self._path():
            self.output.value = default_output(self._path())
        self._show_command()

    def _show_command(self) -> None:
        try:
            self.command.value = self.analysis.command(self._path() or "MOVIE", str(self.output.value))
            self.status.value = ""
        except PodiaError as error:
            self.status.value = str(error)

    def _preview(self) -> None:
        if self.movie.value is None:
            self.status.value = "Open a movie first."
            return
        try:
            movie, analysis = self._as_movie(), self.analysis
        except PodiaError as error:
            self.status.value = str(error)
            return
        frame = int(self.viewer.dims.current_step[0])
        self.status.value = f"Segmenting frame {frame} ..."
        self._start(create_worker(_segment, analysis, movie, frame), self._show_preview)

    def _show_preview(self, found: tuple[LabelMovie, int]) -> None:
        labels, frame = found
        data, keywords, _ = labels_layer(labels, PREVIEW)
        for layer in [one for one in self.viewer.layers if isinstance(one, Labels) and one.name == PREVIEW]:
            self.viewer.layers.remove(layer)
        self.viewer.add_labels(data, **keywords, translate=(frame, 0, 0))
        self.status.value = (
            f"Frame {frame}: {len(set(data.ravel().tolist()) - {0})} cells, without temporal correction."
        )

    def _run(self) -> None:
        path = self._path()
        if not path:
            self.status.value = "This movie is not a file. Save it as a TIFF stack, and open that."
            return
        folder = Path(self.output.value) / movie_name(Path(path))
        try:
            arguments = self.analysis.run()
        except PodiaError as error:
            self.status.value = str(error)
            return
        self.status.value = "Analysing ..."
        self._start(create_worker(run, path, folder, **arguments), self._show_results)

    def _show_results(self, results: Results) -> None:
        data, keywords, _ = labels_layer(results.labels, f"cells of {results.path.name}")
        self.viewer.add_labels(data, **keywords)
        words = results.tracking.words()
        self.status.value = (
            f"{words}. Report: {results / 'report.html'}. To correct it: podia review {results.path}"
        )

    def _start(self, worker: Any, then: Any) -> None:
        self.worker = worker
        self.run.enabled = self.preview.enabled = False
        worker.returned.connect(then)
        worker.errored.connect(self._failed)
        worker.finished.connect(self._ready)
        worker.start()

    def _failed(self, error: Exception) -> None:
        self.status.value = (
            str(error) if isinstance(error, PodiaError) else f"{type(error).__name__}: {error}"
        )

    def _ready(self) -> None:
        self.run.enabled = self.preview.enabled = True

    def _as_movie(self) -> Movie:
        """Return the movie of the layer under the calibration that is filled in."""
        layer, analysis = self.movie.value, self.analysis
        calibration = Calibration(analysis.pixel_size_um, analysis.frame_interval_s)
        if isinstance(layer.data, FrameStack) and isinstance(layer.data.frames, Movie):
            return layer.data.frames.with_calibration(calibration)
        return Movie.from_array(layer.data if layer.data.ndim == 3 else layer.data[None], calibration)


def _segment(analysis: Analysis, movie: Movie, frame: int) -> tuple[LabelMovie, int]:
    """Return the cells of one frame, and its number."""
    one = Movie.from_array(movie.frame(frame)[None], movie.calibration)
    arguments = analysis.segmentation()
    if analysis.method == "network":
        arguments["grey_range"] = grey_range(movie)
    return LabelMovie.from_array(segment(one, **arguments).frame(0)[None], movie.calibration), frame
