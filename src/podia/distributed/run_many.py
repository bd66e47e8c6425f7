"""Many movies side by side: each is one Dask task, on local processes or on any Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, as_completed

from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.pipeline.outcome import Outcome, Task, attempt

_WORKER_ENVIRONMENT = {
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}
"""Set before a worker starts. Dask's own choice hands freed memory back at once, and by that also keeps glibc from
reusing what a frame's arrays took: each is then mapped, zeroed and faulted in anew, which took a third of the time."""


def run_many(
    tasks: Sequence[Task], *, workers: int = 2, scheduler: str | None = None, progress: Progress = silent
) -> list[Outcome]:
    """Run every task and return how each ended, in the order of `tasks`.

    A movie is analysed by one process from start to end, so its results are those of a serial run, byte for
    byte. A worker that dies is replaced and its movie resumed.

    Parameters
    ----------
    workers
        Local processes, where no `scheduler` is given.
    scheduler
        Address of a running Dask cluster whose workers see the same files under the same paths.
    progress
        Called with the number of movies done.

    Raises
    ------
    InvalidInputError
        If no cluster answers at `scheduler`.
    """
    with _client(min(workers, len(tasks)), scheduler) as client:
        futures = [
            client.submit(attempt, task, key=f"{task.folder.name}-{i}", pure=False)
            for i, task in enumerate(tasks)
        ]
        progress("movies", 0, len(tasks))
        for done, _ in enumerate(as_completed(futures), start=1):
            progress("movies", done, len(tasks))
        return list(client.gather(futures))


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="10s")
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"No Dask cluster answers at '{scheduler}': {error}.") from None
        with client:
            yield client
        return
    # Networks alone go by OpenMP's number: the workers share the cores, and results do not depend on how.
    environment = {**_WORKER_ENVIRONMENT, "OMP_NUM_THREADS": str(max(1, CPU_COUNT // workers))}
    with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
        # No dashboard: it would open a port and load a plotting library for nothing.
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0
        )
    with cluster, Client(cluster) as client:
        yield client
