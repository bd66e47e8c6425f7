"""``podia settings``: every setting with its default and what it does, as a TOML file to change."""

from __future__ import annotations

import typer


def show_settings() -> None:
    """Print all settings as TOML, to keep in a file, change, and give to podia run --config."""
    from podia.pipeline.settings_text import settings_text

    typer.echo(settings_text(), nl=False)
