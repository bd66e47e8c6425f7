from pathlib import Path

import pytest

from podia.data.lineage import Lineage
from podia.evaluation.evaluate import evaluate
from podia.evaluation.inputs import open_input
from podia.files.json_file import write_json
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.layout import LABELS, LINEAGE, RUN_RECORD, csv_of, parquet_of
from podia.io.tables import write_csv, write_parquet
from podia.io.tracks.geff import write_geff
from podia.measurement.measure import measure
from podia.pipeline.config import RunConfig
from podia.pipeline.source import Source
from podia.simulation.simulate import simulate
from podia.simulation.write import write_simulation


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A simulated truth, and an analysis folder as podia run leaves it where segmentation and tracks are perfect."""
    folder = tmp_path_factory.mktemp("evaluation")
    truth, result = folder / "truth", folder / "result"
    simulated = simulate(n_frames=3, size_px=256, n_cells=3, seed=2)
    write_simulation(simulated, truth)
    calibration = simulated.movie.calibration
    tables = measure(simulated.movie, simulated.labels, simulated.lineage)
    record = {
        "input": Source(truth / "movie.tif").origin(simulated.movie).record(),
        "config": RunConfig().model_dump(mode="json"),
    }
    write_json(result / RUN_RECORD, record)
    write_labels_zarr(simulated.labels, result / LABELS)
    # The graph remembers labels of the segmentation before tracking, which are others than in the masks.
    nodes = simulated.lineage.nodes.assign(label=simulated.lineage.nodes["label"] + 100)
    write_geff(Lineage(nodes, simulated.lineage.parents), result / LINEAGE, calibration)
    write_parquet(tables.protrusions, result / parquet_of("protrusions"))
    write_csv(tables.cells, result / csv_of("cells"))
    write_parquet(tables.cells, result / parquet_of("cells"))
    return truth, result


def test_both_folders_are_known(folders: tuple[Path, Path]) -> None:
    truth, result = (open_input(f, role) for f, role in zip(folders, ("truth", "result"), strict=True))
    assert (truth.kind, result.kind) == ("simulated truth", "analysis folder")
    assert truth.tips is not None
    assert result.tips is not None
    assert result.has_tracks


def test_true_masks_score_one_in_everything_and_their_tips_nearly_so(folders: tuple[Path, Path]) -> None:
    found = evaluate(*folders)
    assert len(found.measures) == 8
    for name in ("SEG", "DET", "TRA", "LNK", "Dice", "PQ", "boundary_F", "F"):
        assert found.scores[name] == 1, name
    assert found.scores["tip_F"] > 0.9
    assert abs(found.scores["tip_length_bias"]) < 0.05
    assert {"tip_tp", "tip_fp", "tip_fn"} <= set(found.cells.columns)
    assert found.counts["tips"]["TP"] == found.frames["tip_tp"].sum() == found.cells["tip_tp"].sum()


def test_centroids_of_both_agree_with_the_masks(folders: tuple[Path, Path]) -> None:
    truth, result = folders
    found = evaluate(truth / "tracks.csv", result / csv_of("cells"))
    assert found.measures == ("localisation",)
    assert found.scores["F"] == 1
    assert found.scores["mean_distance_px"] == pytest.approx(0, abs=1e-9)
