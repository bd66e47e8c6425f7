"""``podia demo``: an analysis of a real movie, or of a simulated one without a network connection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from podia.cli import options


def demo(
    output: options.Output = Path("podia-demo"),
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Use a simulated movie, without any download.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the report in the browser.")] = True,
    quiet: options.Quiet = False,
) -> None:
    """Analyse a sample movie of glioma cells (T98G, phase contrast, 37 frames, MIT licence)."""
    from podia.cli.many import finish, run_tasks
    from podia.io.layout import REPORT
    from podia.pipeline.config import RunConfig
    from podia.pipeline.outcome import Task
    from podia.pipeline.source import Source

    path, calibration = _simulated_movie(output, quiet) if simulated else _real_movie(output, quiet)
    # The specialist for spread cells in phase contrast, such as these.
    specialist = {"segmentation": {"network": {"model": "podia-phase"}}}
    config = RunConfig.parse({**calibration, **specialist})
    tasks = [Task(Source(path), output / ("simulated" if path.is_file() else "T98G"), config)]
    finish(run_tasks(tasks, workers=1, scheduler=None, quiet=quiet), output, as_json=False)
    if open_:
        _open_in_browser(tasks[0].folder / REPORT)


def _open_in_browser(page: Path) -> None:
    import os
    import sys
    import webbrowser

    # Without a desktop webbrowser falls back to a text browser that would take the terminal over.
    has_desktop = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if has_desktop and sys.stdout.isatty():
        webbrowser.open(page.resolve().as_uri())


def _real_movie(output: Path, quiet: bool) -> tuple[Path, dict[str, float]]:
    from podia.data.errors import PodiaError
    from podia.io.samples import T98G, fetch_t98g

    try:
        return fetch_t98g(), {"pixel_size_um": T98G.pixel_size_um, "frame_interval_s": T98G.frame_interval_s}
    except PodiaError as error:
        typer.echo(f"Could not download the sample movie: {error} Using a simulated movie instead.", err=True)
        return _simulated_movie(output, quiet)


def _simulated_movie(output: Path, quiet: bool) -> tuple[Path, dict[str, float]]:
    from podia.cli.progress import progress_bars
    from podia.simulation.config import SimulationConfig
    from podia.simulation.simulate import simulate
    from podia.simulation.write import write_simulation

    folder = output / "simulated-movie"
    if not (folder / "movie.tif").is_file():
        with progress_bars(quiet=quiet) as bars:
            write_simulation(simulate(SimulationConfig()), folder, progress=bars.of_movie(""))
    return folder / "movie.tif", {}
