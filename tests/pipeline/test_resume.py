"""What of an analysis folder still holds when settings changed, files are gone, or a run was killed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from podia.data.drift import Drift
from podia.data.errors import MovieReadError, OutputError
from podia.data.movie import Movie
from podia.data.progress import silent
from podia.evaluation.inputs import open_input
from podia.experiment.assignment import Assignment
from podia.experiment.cells import gather_cells
from podia.io.analysis_folder import AnalysisFolder
from podia.io.drift_table import write_drift
from podia.io.layout import DRIFT, FILM, LABELS, LABELS_TIFF, LINEAGE, LOG, REPORT, TRACKMATE, csv_of
from podia.io.origin import Origin
from podia.io.step_marks import STEPS, Step
from podia.pipeline import cell_steps
from podia.pipeline.config import RunConfig
from podia.pipeline.image_steps import _movie_to_segment
from podia.pipeline.job import Job
from podia.pipeline.run import run
from podia.pipeline.steps import Done, StepKey
from podia.results.facts import (
    CorrectFacts,
    DriftFacts,
    ExportFacts,
    MeasureFacts,
    ReportFacts,
    SegmentFacts,
    StepFacts,
    TrackFacts,
    read_facts,
)
from podia.testing.small_movies import write_small_movie

OWNER = Origin(
    path="movie.tif",
    sha256="0",
    shape=(1, 16, 16),
    dtype="uint8",
    pixel_size_um=0.5,
    frame_interval_s=300.0,
)
FACTS: dict[Step, StepFacts] = {
    "drift": DriftFacts(estimated=False, largest_shift_px=0),
    "segment": SegmentFacts(n_cells=0, source="egt"),
    "track": TrackFacts(n_tracks=0, n_divisions=0),
    "correct": CorrectFacts(n_tracks=0, n_divisions=0),
    "measure": MeasureFacts(n_cells=0, n_protrusions=0),
    "export": ExportFacts(),
    "report": ReportFacts(),
}


def key_of(step: Step, setting: int = 1) -> StepKey:
    return StepKey.of(step, settings={"setting": setting}, upstream="")


@pytest.fixture
def finished(tmp_path: Path) -> AnalysisFolder:
    """A folder with the marks of all steps, and nothing else."""
    folder = AnalysisFolder(tmp_path / "results")
    folder.claim(OWNER)
    for step in STEPS:
        key_of(step).begin(folder)
        key_of(step).finish(folder, Done((), FACTS[step]))
    return folder


def test_a_step_that_begins_anew_takes_back_the_later_ones(finished: AnalysisFolder) -> None:
    key_of("track", 2).begin(finished)
    assert [step for step in STEPS if read_facts(finished, step)] == ["drift", "segment"]
    key_of("track", 2).finish(finished, Done((), FACTS["track"]))
    assert [step for step in STEPS if read_facts(finished, step)] == ["drift", "segment", "track"]


def test_results_of_an_interrupted_change_are_neither_compared_nor_evaluated(
    finished: AnalysisFolder,
) -> None:
    for name in (LABELS, LINEAGE):
        (finished / name).mkdir(parents=True)
    key_of("track", 2).begin(finished)
    with pytest.raises(MovieReadError, match="is not up to date: its step 'correct' is not finished"):
        open_input(finished.path, "result")
    with pytest.raises(MovieReadError, match="is not up to date: its step 'measure' is not finished"):
        gather_cells([Assignment(finished.path, "drug", "1", "results")], (), min_frames=1)


def test_old_frames_that_cannot_be_removed_are_not_taken_for_new_ones(
    finished: AnalysisFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = finished.work_of("segment") / "t000000.tif"
    old.parent.mkdir()
    old.write_bytes(b"old")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "in use by another process", str(old))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refuse)
        with pytest.raises(OutputError, match=r"t000000\.tif', which is out of date.* Close the programs"):
            key_of("segment", 2).begin(finished)
    assert read_facts(finished, "segment") is None
    key_of("segment", 2).begin(finished)
    assert not old.exists()


def test_a_run_killed_before_it_named_its_movie_can_be_given_again(tmp_path: Path) -> None:
    folder = AnalysisFolder(tmp_path)
    folder.work.mkdir()
    (tmp_path / ".DS_Store").touch()
    folder.claim(OWNER)
    assert folder.owner() == OWNER


def test_files_that_were_deleted_are_made_again_with_the_same_bytes(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    folder = run(movie, tmp_path / "results", labels=tmp_path / "labels.tif")
    names = (csv_of("cells"), FILM, REPORT, LOG)
    before = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / name).unlink()
    run(movie, folder.path, labels=tmp_path / "labels.tif")
    assert {name: (folder / name).read_bytes() for name in names} == before


def test_formats_too_small_for_the_tracks_are_left_out_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = write_small_movie(tmp_path)
    monkeypatch.setattr(cell_steps, "LARGEST_LABEL", 4)  # there are five tracks
    with pytest.warns(
        UserWarning, match="Not written: tiff and ctc, which cannot contain more than 4 tracks"
    ):
        folder = run(
            movie,
            tmp_path / "results",
            RunConfig(exports=("tiff", "ctc", "trackmate")),
            labels=tmp_path / "labels.tif",
        )
    assert not (folder / LABELS_TIFF).exists()
    assert (folder / TRACKMATE).is_file()
    facts = folder.facts("export")
    assert isinstance(facts, ExportFacts)
    assert facts.formats == ("trackmate",)
    assert "Not written: tiff and ctc" in (folder / LOG).read_text()


def test_uneven_light_that_stays_with_the_camera_is_evened_out_before_drift(tmp_path: Path) -> None:
    shading = np.linspace(50, 150, 64).astype(np.float32)
    movie = Movie.from_array(np.broadcast_to(shading, (3, 48, 64)).copy())
    folder = AnalysisFolder(tmp_path)
    matrices = np.tile(np.eye(3), (3, 1, 1))
    matrices[:, 1, 2] = [0, -12, 12]
    write_drift(Drift(matrices), folder / DRIFT)
    config = RunConfig.parse(
        {"preprocessing": {"illumination": {"enabled": True, "scale": "4 um or 4 px", "scope": "movie"}}}
    )
    job = Job(movie, None, None, folder, config, {}, None, (), {}, silent)
    even = _movie_to_segment(job).to_array()
    assert even.shape == (3, 48, 40)
    # The kept area of one frame reaches an edge, where the smooth background bends.
    np.testing.assert_allclose(even, 100, rtol=0.08)
