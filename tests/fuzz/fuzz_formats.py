"""A small real file of every format that podia reads, and what reads it through to the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

Write = Callable[[Path], Path]
Read = Callable[[Path], object]

STACK = np.random.default_rng(0).integers(20, 200, (5, 16, 12)).astype(np.uint8)
LABELS = np.zeros((5, 16, 12), np.uint16)
LABELS[:, 2:6, 2:6], LABELS[1:, 9:14, 4:9] = 1, 2


@dataclass(frozen=True)
class Format:
    """How a file (or folder) of a format is made, and how it is read."""

    write: Write
    read: Read


def _movie(path: Path) -> object:
    from podia.io.read import positions_in, read

    positions_in(path)
    movie = read(path)
    return [float(frame.sum(dtype=np.float64)) for frame in movie]


def _labels(path: Path) -> object:
    from podia.io.read import read_labels

    return [int(frame.max(initial=0)) for frame in read_labels(path)]


def _points(path: Path) -> object:
    from podia.io.points import looked_at_frames, read_points, says_frames

    return read_points(path, pixel_size_um=0.5), looked_at_frames(path), says_frames(path)


def _outlines(path: Path) -> object:
    from podia.io.drawn.outlines import read_outlines

    return read_outlines(path, (40, 50))


def _tiff(name: str, **options: object) -> Write:
    def write(folder: Path) -> Path:
        import tifffile

        tifffile.imwrite(folder / name, STACK, **options)
        return folder / name

    return write


def _picture(folder: Path) -> Path:
    from PIL import Image

    Image.fromarray(STACK[0]).save(folder / "frame.png")
    return folder / "frame.png"


def _folder(folder: Path) -> Path:
    import tifffile

    (folder / "movie").mkdir()
    for t, frame in enumerate(STACK):
        tifffile.imwrite(folder / "movie" / f"t{t:03}.tif", frame, compression="zlib")
    return folder / "movie"


def _ome_zarr(folder: Path) -> Path:
    import zarr

    group = zarr.open_group(str(folder / "movie.ome.zarr"), mode="w", zarr_format=3)
    group.create_array("0", shape=STACK.shape, dtype=STACK.dtype, chunks=(1, 16, 12))[:] = STACK
    axes = [{"name": n, "type": "time" if n == "t" else "space"} for n in "tyx"]
    scale = [{"type": "scale", "scale": [300.0, 0.65, 0.65]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    return folder / "movie.ome.zarr"


def _film(folder: Path) -> Path:
    import av

    path = folder / "movie.avi"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 12, 16, "gray"
        for frame in STACK:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        film.mux(stream.encode(None))
    return path


def _npy(folder: Path) -> Path:
    np.save(folder / "labels.npy", LABELS)
    return folder / "labels.npy"


def _npz(folder: Path) -> Path:
    np.savez_compressed(folder / "labels.npz", masks=LABELS)
    return folder / "labels.npz"


def _cellpose(folder: Path) -> Path:
    content = {
        "masks": LABELS[1],
        "outlines": LABELS[1] * 0,
        "filename": "a.tif",
        "flows": [LABELS[0], None, 1.5],
    }
    np.save(folder / "a_seg.npy", content, allow_pickle=True)
    return folder / "a_seg.npy"


def _lineage():
    from podia.data.lineage import Lineage

    rows = [(0, 1, 1), (1, 1, 1), (2, 1, 1), (1, 2, 2), (2, 2, 3)]
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id"]).assign(y=3.5, x=4.5)
    return Lineage(nodes, {3: 2})


def _geff(folder: Path) -> Path:
    from podia.data.calibration import Calibration
    from podia.io.tracks.geff import write_geff

    write_geff(_lineage(), folder / "tracks.geff", Calibration(0.5, 60.0))
    return folder / "tracks.geff"


def _read_geff(path: Path) -> object:
    from podia.io.tracks.geff import read_geff

    return read_geff(path)


def _trackmate(folder: Path) -> Path:
    from podia.data.calibration import Calibration
    from podia.io.tracks.trackmate import write_trackmate

    write_trackmate(
        _lineage(),
        folder / "tracks.xml",
        Calibration(0.5, 60.0),
        movie_name="movie.tif",
        frame_shape=(16, 12),
        n_frames=3,
    )
    return folder / "tracks.xml"


def _read_trackmate(path: Path) -> object:
    from podia.io.tracks.trackmate import read_trackmate

    return read_trackmate(path)


def _read_tracks(path: Path) -> object:
    from podia.io.tracks.read import open_tracks

    return open_tracks(path, pixel_size_um=0.5)


def _read_corrections(path: Path) -> object:
    from podia.corrections.record import read_corrections

    return read_corrections(path)


def _read_plate_map(path: Path) -> object:
    from podia.io.plate_map import read_plate_map

    return read_plate_map(path)


def _ctc(folder: Path) -> Path:
    import tifffile

    (folder / "01_RES").mkdir()
    for t, labels in enumerate(LABELS):
        tifffile.imwrite(folder / "01_RES" / f"mask{t:03}.tif", labels)
    (folder / "01_RES" / "res_track.txt").write_text("1 0 4 0\n2 1 4 0\n")
    return folder / "01_RES"


def _read_ctc(path: Path) -> object:
    from podia.io.tracks.ctc import read_ctc_tracks

    return read_ctc_tracks(path)


def _rois(folder: Path) -> Path:
    from drawn_files import fiji_points, fiji_polygon, write_fiji_rois

    corners = [(2, 2), (9, 2), (9, 9), (2, 9)]
    return write_fiji_rois(
        folder / "RoiSet.zip", fiji_points([(3, 4), (5, 6)], position=1), fiji_polygon(corners, position=1)
    )


def _labelme(folder: Path) -> Path:
    from drawn_files import labelme_polygon, write_labelme

    return write_labelme(folder / "frame.json", labelme_polygon([(2, 2), (9, 2), (9, 9), (2, 9)]))


def _text(name: str, text: str) -> Write:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return write


def _workbook(folder: Path) -> Path:
    pd.DataFrame({"frame": [0, 1], "y": [1.5, 2], "x": [3, 4.25]}).to_excel(folder / "p.xlsx", index=False)
    return folder / "p.xlsx"


def _read_compare(path: Path) -> object:
    from podia.experiment.assignment import read_assignments

    return read_assignments(path)


def _read_config(path: Path) -> object:
    from podia.pipeline.config import load_config

    return load_config(path)


def _read_recipe(path: Path) -> object:
    from podia.training.recipe import load_recipe

    return load_recipe(path)


def _recipe(folder: Path) -> Path:
    from podia.training.recipe import _read_shipped

    (folder / "r.toml").write_text(_read_shipped("podia"), encoding="utf-8")
    return folder / "r.toml"


def _read_data_list(path: Path) -> object:
    from podia.data.errors import MovieReadError
    from podia.training.data.data_list import DataEntry, read_data

    (path.parent / "a").mkdir(exist_ok=True)
    try:
        return read_data([path], DataEntry(paths=(".",)))
    except MovieReadError:
        return None  # the folders that the list names are empty


def _model(folder: Path) -> Path:
    from safetensors.numpy import load_file, save_file

    from podia.networks.card import find_model

    source = find_model("podia-phase")
    with source.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    tensors = load_file(source)
    save_file(tensors, folder / "model.safetensors", metadata=header["__metadata__"])
    return folder / "model.safetensors"


def _read_model(path: Path) -> object:
    from podia.networks.card import read_card
    from podia.networks.model_file import check_weights

    return check_weights(path, read_card(path))


_SHAPES = "index,shape-type,vertex-index,axis-0,axis-1,axis-2\n" + "".join(
    f"0,polygon,{i},1,{y},{x}\n" for i, (y, x) in enumerate([(2, 2), (2, 9), (9, 9), (9, 2)])
)
_SPOTS = (
    "LABEL,ID,TRACK_ID,POSITION_X,POSITION_Y,FRAME\n,,,X,Y,\n,,,X,Y,\n,,,(micron),(micron),\nI,1,0,2,1.5,0\n"
)

_SIMPLE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Tracks nTracks="1" spaceUnits="micron" frameInterval="300.0" '
    'timeUnits="sec">\n<particle nSpots="2">\n<detection t="0" x="2.5" y="3.5" z="0" />\n'
    '<detection t="1" x="3.5" y="3.5" z="0" />\n</particle>\n</Tracks>\n'
)
_CORRECTIONS = (
    '{"op": "delete", "cells": [{"frame": 0, "y": 3.0, "x": 4.0}]}\n'
    '{"op": "merge", "pieces": [[{"frame": 1, "y": 3.0, "x": 4.0}, {"frame": 1, "y": 9.0, "x": 4.0}]], '
    '"author": "me"}\n'
)
_PLATE = "well,condition,replicate\nA1,DMSO,1\nA2,DMSO,2\nB1,drug,1\nB2,drug,2\n"
_TRACK_TABLE = "ID,t,y,x,parent\n1,0,1.5,2,1\n1,1,1.5,3,1\n2,2,1.5,4,1\n"

FORMATS: dict[str, Format] = {
    "tiff": Format(_tiff("m.tif"), _movie),
    "tiff-zlib": Format(_tiff("m.tif", compression="zlib", predictor=True, tile=(16, 16)), _movie),
    "bigtiff": Format(_tiff("m.tif", bigtiff=True, byteorder=">"), _movie),
    "imagej": Format(
        _tiff("m.tif", imagej=True, resolution=(2, 2), metadata={"unit": "um", "axes": "TYX"}), _movie
    ),
    "ome-tiff": Format(_tiff("m.ome.tif", ome=True, metadata={"axes": "TYX", "PhysicalSizeX": 0.5}), _movie),
    "tiff-labels": Format(_tiff("m.tif"), _labels),
    "png": Format(_picture, _movie),
    "folder": Format(_folder, _movie),
    "ome-zarr": Format(_ome_zarr, _movie),
    "film": Format(_film, _movie),
    "npy": Format(_npy, _labels),
    "npz": Format(_npz, _labels),
    "cellpose": Format(_cellpose, _labels),
    "geff": Format(_geff, _read_geff),
    "trackmate": Format(_trackmate, _read_trackmate),
    "trackmate-simple": Format(_text("t.xml", _SIMPLE), _read_tracks),
    "track-table": Format(_text("t.csv", _TRACK_TABLE), _read_tracks),
    "corrections": Format(_text("corrections.jsonl", _CORRECTIONS), _read_corrections),
    "plate-map": Format(_text("plate.csv", _PLATE), _read_plate_map),
    "ctc": Format(_ctc, _read_ctc),
    "fiji-rois": Format(_rois, _points),
    "fiji-outlines": Format(_rois, _outlines),
    "labelme": Format(_labelme, _outlines),
    "napari-shapes": Format(_text("s.csv", _SHAPES), _outlines),
    "points-csv": Format(_text("p.csv", "frame,y,x\n0,1.5,2\n1,3,4.25\n"), _points),
    "points-semicolons": Format(_text("p.csv", "frame;y_um;x_um\n0;1,5;2\n1;3;4,25\n"), _points),
    "trackmate-spots": Format(_text("p.csv", _SPOTS), _points),
    "tracklets": Format(_text("t.txt", "0 1 5 6 -1\n1 1 5 7 -1\n1 2 9 9 1\n"), _points),
    "xlsx": Format(_workbook, _points),
    "compare-csv": Format(
        _text("e.csv", "folder,condition,replicate\n.,a,1\n..,a,2\n/tmp,b,1\n/,b,2\n"), _read_compare
    ),
    "settings-toml": Format(
        _text(
            "c.toml", 'pixel_size_um = 0.5\n[tracking]\ndivisions = true\n[segmentation]\nmethod = "egt"\n'
        ),
        _read_config,
    ),
    "run-json": Format(_text("run.json", json.dumps({"config": {"pixel_size_um": 0.5}})), _read_config),
    "recipe-toml": Format(_recipe, _read_recipe),
    "data-toml": Format(
        _text("d.toml", '[[data]]\npaths = ["a", "b"]\npixel_size_um = 0.5\n'), _read_data_list
    ),
    "safetensors": Format(_model, _read_model),
}
