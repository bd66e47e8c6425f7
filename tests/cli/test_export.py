"""``podia export``, through the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from podia.cli.export import _simulated_frame
from podia.cli.main import main

pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")


@pytest.fixture
def export(
    discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Run ``podia export`` on the discs model in an empty folder; gives exit code, what is printed, and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["podia", "export", str(discs_model), *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        printed = capsys.readouterr()
        return int(exit_.value.code or 0), printed.out, printed.err

    return run


def test_a_model_is_written_into_the_present_folder(export, tmp_path: Path) -> None:
    code, out, _ = export()
    assert code == 0
    first, second, *notes = out.splitlines()
    assert first == "Written: discs.onnx"
    assert second.startswith("Largest difference between ONNX Runtime and PyTorch: ")
    assert (
        notes[0] == "Input frames must be scaled (see docs/export.md), with sizes that are multiples of 4 px."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["discs.onnx"]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_a_package_is_written_into_the_present_folder_too(export, tmp_path: Path) -> None:
    pytest.importorskip("bioimageio.core", reason="the extra 'bioimageio' is not installed")
    code, out, err = export("--format", "bioimageio", "--author", "Jane Doe", "--size", "64", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["file"] == "discs.zip"
    assert result["max_difference"] < 1e-5
    assert result["notes"] == [
        "It passed bioimageio.core's own test.",
        "It processes one image at a time, without the network's state from earlier frames.",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["discs.zip"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--author", "Jane Doe"), "--author requires --format bioimageio. ONNX files have no author."),
        (("--size", "30"), "A size of 30 px does not fit this network"),
        (("-o", "out.zip"), "This format is written as .onnx, not as 'out.zip'."),
        (("-o", __file__), "test_export.py is a file, not a folder."),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    export, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = export(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("size_px", "pixel_size_um"), [(64, None), (256, 0.65), (64, 0.1)])
def test_the_drawn_frame_has_the_size_that_is_asked_for(size_px: int, pixel_size_um: float | None) -> None:
    assert _simulated_frame(size_px, pixel_size_um).shape == (size_px, size_px)
