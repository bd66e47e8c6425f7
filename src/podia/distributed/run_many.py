"""Run several movies in parallel, one Dask task each, on local processes or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.files.console import quiet_libraries
from podia.pipeline.job import with_model_paths
from podia.pipeline.outcome import Outcome, Task, attempt

_WORKER_ENVIRONMENT = {
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}
"""Environment of workers. Dask's default returns freed memory immediately, which prevents glibc from reusing the memory
of arrays: each allocation is then mapped, zeroed and faulted in again, which takes a third of the time."""


def run_many(
    tasks: Sequence[Task], *, workers: int = 2, scheduler: str | None = None, progress: Progress = silent
) -> list[Outcome]:
    """Run all tasks and return their outcomes, in the order of `tasks`.

    Each movie is analysed by one process, so its results are those of a serial run, byte for byte. If a worker dies, it
    is replaced and its movie resumes. A movie that kills workers repeatedly is given up, and the others continue.

    Parameters
    ----------
    workers
        Number of local processes, if no `scheduler` is given.
    scheduler
        Address of a running Dask cluster whose workers have access to the same files under the same paths.
    progress
        Called with the number of movies done.

    Raises
    ------
    InvalidInputError
        If no cluster answers at `scheduler`.
    """
    with _client(min(workers, len(tasks)), scheduler) as client:
        if scheduler is None:
            client.run(quiet_libraries)
        futures = [_submit(client, task) for task in tasks]
        progress("movies", 0, len(tasks))
        for done, _ in enumerate(as_completed(futures), start=1):
            progress("movies", done, len(tasks))
        outcomes = []
        for task, future in zip(tasks, futures, strict=True):
            # Dask attributes the death of a worker to every movie that waits for it: each is tried again, alone.
            lost_worker = isinstance(_error(future), KilledWorker)
            outcomes.append(_outcome(task, _submit(client, task) if lost_worker else future))
        return outcomes


def _submit(client: Client, task: Task) -> Future:
    # A unique key: on a shared cluster, equal keys are the same work.
    return client.submit(attempt, _anywhere(task), key=f"{task.folder.name}-{uuid4().hex}", pure=False)


def _anywhere(task: Task) -> Task:
    """Return `task` with absolute paths, because a worker may run in another folder."""
    return replace(
        task,
        source=task.source.absolute(),
        folder=task.folder.absolute(),
        config=with_model_paths(task.config),
    )


def _error(future: Future) -> Exception | None:
    """Return the reason why a task did not end; errors within a task are part of its outcome."""
    try:
        error: Exception | None = future.exception()
    except CancelledError as cancelled:
        return cancelled
    return error


def _outcome(task: Task, future: Future) -> Outcome:
    error = _error(future)
    if error is None:
        outcome: Outcome = future.result()
        return replace(outcome, folder=task.folder)
    if isinstance(error, KilledWorker):
        text = (
            "its worker process kept crashing, probably because it ran out of memory. Run the same "
            "command with fewer --workers to resume with the missing frames."
        )
    else:
        text = f"the cluster did not run it ({type(error).__name__}: {error})."
    return Outcome(task.folder.name, task.folder, text)


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="10s")
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"There is no Dask cluster at '{scheduler}': {error}.") from None
        with client:
            yield client
        return
    # Only networks use the OpenMP setting: workers share the cores, and results do not depend on the number of threads.
    environment = {**_WORKER_ENVIRONMENT, "OMP_NUM_THREADS": str(max(1, CPU_COUNT // workers))}
    with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
        # No dashboard, which would load a plotting library for nothing. Dask's own pages take a port in any case: a
        # free one (0), or a second podia beside this one would be told of a clash.
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,
        )
    with cluster, Client(cluster) as client:
        yield client
