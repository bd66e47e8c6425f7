"""Movies on a cluster that others use too, and whose workers may die."""

import os
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster

from podia.data.config import override
from podia.distributed import run_many as module
from podia.distributed.run_many import run_many
from podia.pipeline.config import RunConfig
from podia.pipeline.outcome import Outcome, Task
from podia.pipeline.source import Source


def test_a_movie_of_the_same_name_of_someone_else_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "attempt", lambda task: Outcome(str(task.source.movie), task.folder))
    tasks = [[Task(Source(tmp_path / user / "01.tif"), Path("01"), RunConfig())] for user in ("one", "two")]
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster.scheduler_address) as other,
    ):
        # What somebody asked for is still there, as while it runs.
        held = other.submit(lambda: None, key="01-0", pure=False)
        outcomes = [run_many(of_user, scheduler=cluster.scheduler_address)[0] for of_user in tasks]
        assert held.result() is None
    assert [outcome.name for outcome in outcomes] == [str(one[0].source.movie) for one in tasks]
    assert [outcome.folder for outcome in outcomes] == [Path("01")] * 2


def test_a_movie_that_kills_its_worker_does_not_take_the_others_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def attempt(task: Task) -> Outcome:
        if task.source.movie.name == "huge.tif":
            os._exit(1)
        return Outcome(task.folder.name, task.folder)

    monkeypatch.setattr(module, "attempt", attempt)
    tasks = [Task(Source(Path(f"{name}.tif")), Path(name), RunConfig()) for name in ("huge", "small")]
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        huge, small = run_many(tasks, workers=1)
    assert huge.error.startswith("its worker process kept crashing, probably because it ran out of memory")
    assert small == Outcome("small", Path("small"))


def test_workers_in_another_folder_find_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.safetensors").touch()
    names = "{model='mine.safetensors', ensemble=['podia-phase']}"
    config = override(RunConfig(), [f"segmentation.network={names}"])
    task = module._anywhere(Task(Source(Path("a.tif"), Path("labels.tif")), Path("out/a"), config))
    assert (task.source.movie, task.folder) == (tmp_path / "a.tif", tmp_path / "out" / "a")
    assert (task.source.labels, task.source.points) == (tmp_path / "labels.tif", None)
    network = task.config.segmentation.network
    assert (network.model, network.ensemble) == (str(tmp_path / "mine.safetensors"), ("podia-phase",))
