"""Directives that write the reference from podia itself: its Python names, settings, commands and tables."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import podia
from podia.cli.main import app
from podia.data.config import FrozenConfig
from podia.data.glossary import matching_tables
from podia.pipeline.config import RunConfig


class _Written(SphinxDirective):
    """A directive whose content is Markdown written by :meth:`markdown`."""

    has_content = False
    optional_arguments = 1

    def markdown(self) -> Iterator[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(self.markdown()), allow_section_headings=True)


class PublicNames(_Written):
    """The functions, data, settings or errors among podia's public names."""

    def markdown(self) -> Iterator[str]:
        yield "```{eval-rst}"
        for name in names_of_kind(self.arguments[0]):
            value = getattr(podia, name)
            if inspect.isclass(value):
                is_error = issubclass(value, BaseException)
                yield f".. autoclass:: podia.{name}"
                if not is_error:
                    yield "   :members:"
            else:
                yield f".. autofunction:: podia.{name}"
            yield ""
        yield "```"


class Settings(_Written):
    """All settings of ``podia run``, a table per section."""

    def markdown(self) -> Iterator[str]:
        yield from _settings(RunConfig(), "")


class Commands(_Written):
    """All commands with their arguments and options."""

    def markdown(self) -> Iterator[str]:
        root = typer.main.get_command(app)
        yield from _commands(root, "podia")


class Tables(_Written):
    """All tables of an analysis with their columns."""

    def markdown(self) -> Iterator[str]:
        for table in matching_tables(None):
            yield f"## {table.name}\n\n{table.about} {_sentence(table.row)}\n"
            yield "| column | meaning |\n|---|---|"
            for column in table.columns:
                source = f" *{_cell(column.source)}*" if column.source else ""
                yield f"| `{column.name}` | {_cell(column.meaning)}{source} |"
            yield ""


def names_of_kind(kind: str) -> list[str]:
    """Return the public names that are ``functions``, ``data``, ``settings`` or ``errors``."""
    return [name for name in podia.__all__ if name != "__version__" and _kind(getattr(podia, name)) == kind]


def _kind(value: Any) -> str:
    if not inspect.isclass(value):
        return "functions"
    if issubclass(value, BaseException):
        return "errors"
    return "settings" if issubclass(value, BaseModel) else "data"


def _settings(config: BaseModel, path: str) -> Iterator[str]:
    plain, nested = [], []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            nested.append((f"{path}.{name}" if path else name, value, field.description))
        else:
            basic = isinstance(config, FrozenConfig) and name in config.basic_settings
            shown = "" if value is None else f"`{value}`"
            name = f"**`{name}`**" if basic else f"`{name}`"
            plain.append(f"| {name} | {shown} | {_cell(field.description or '')} |")
    if plain:
        yield "\n| setting | default | |\n|---|---|---|"
        yield from plain
        yield ""
    for name, value, description in nested:
        yield f"\n## {name}\n\n{description or ''}"
        yield from _settings(value, name)


def _commands(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner:
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
        usage = " ".join([name, *(_usage(p) for p in arguments), "[options]" if options else ""]).strip()
        text = inspect.cleandoc(command.help or "").replace("\b", "").replace("\f", "")
        yield f"\n## {name}\n\n{text}\n\n```\n{usage}\n```\n"
        rows = [(f"`{_usage(p)}`", p) for p in arguments]
        rows += [(", ".join(f"`{text}`" for text in (*p.opts, *p.secondary_opts)), p) for p in options]
        if rows:
            yield "| | |\n|---|---|"
            for words, parameter in rows:
                yield f"| {words} | {_cell(getattr(parameter, 'help', None) or '')}{_default(parameter)} |"
            yield ""
    for key, value in inner.items():
        if not value.hidden:
            yield from _commands(value, f"{name} {key}")


def _usage(argument: Any) -> str:
    word = (argument.metavar or argument.name).upper().strip("[]")
    word = f"{word} ..." if argument.nargs == -1 else word
    return word if argument.required else f"[{word}]"


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None or callable(value) or isinstance(value, bool) or value in ("", ()) or parameter.required:
        return ""
    return f" Default: `{value}`."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith(".") else f"{text[0].upper()}{text[1:]}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def setup(app_: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    for name, directive in (
        ("podia-names", PublicNames),
        ("podia-settings", Settings),
        ("podia-commands", Commands),
        ("podia-tables", Tables),
    ):
        app_.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
