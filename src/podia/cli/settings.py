"""``podia settings``: the settings with their defaults and explanations, as a TOML file."""

from __future__ import annotations

from typing import Annotated

import typer


def show_settings(
    all_: Annotated[bool, typer.Option("--all", help="Include the advanced settings.")] = False,
) -> None:
    """Print the settings as TOML. Save and edit them for podia run --config, or use --set for single ones."""
    from podia.pipeline.settings_text import settings_text

    typer.echo(settings_text(everything=all_), nl=False)
