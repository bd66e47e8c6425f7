"""Evaluations as text for the terminal, and as JSON for other programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from podia.evaluation.bootstrap import Interval
from podia.evaluation.result import Evaluation, or_none
from podia.evaluation.scores import SCORES


def as_json_text(
    found: Sequence[Evaluation],
    pooled: Mapping[str, Interval] | None = None,
    comparison: pd.DataFrame | None = None,
) -> str:
    """Return JSON with every score under its fixed key, null if it is not computed or undefined.

    For several movies, keys contain means over movies, ``intervals`` the intervals over movies, and ``movies`` the
    scores of each movie; ``comparison`` lists the rows of a paired comparison.
    """
    if pooled is None:
        values: dict[str, Any] = found[0].as_dict()
    else:
        means = {
            score.name: pooled[score.name].mean if score.name in pooled else math.nan for score in SCORES
        }
        values = {name: or_none(value) for name, value in means.items()}
        values["intervals"] = {name: [or_none(i.low), or_none(i.high)] for name, i in pooled.items()}
        values["movies"] = [one.as_dict() for one in found]
    if comparison is not None:
        values["comparison"] = [
            {name: or_none(value) if isinstance(value, float) else value for name, value in row.items()}
            for row in comparison.to_dict("records")
        ]
    return json.dumps(values, indent=2, allow_nan=False)


def as_text(
    found: Sequence[Evaluation],
    pooled: Mapping[str, Interval] | None = None,
    comparison: pd.DataFrame | None = None,
) -> str:
    """Return one line per score, with its interval, for one or several movies."""
    lines = []
    for one in found:
        lines += [*([f"{one.result}"] if len(found) > 1 else []), *_score_lines(one.scores, one.intervals)]
    if pooled is not None:
        lines += [f"mean over {len(found)} movies, 95 % interval over movies"]
        lines += _score_lines({name: interval.mean for name, interval in pooled.items()}, pooled)
    if comparison is not None:
        lines += ["against the other result (difference, 95 % interval, p)"]
        lines += [_comparison_line(row) for row in comparison.to_dict("records")]
    return "\n".join(lines)


def _score_lines(scores: Mapping[str, float], intervals: Mapping[str, Interval]) -> list[str]:
    lines = []
    for name, value in scores.items():
        if math.isnan(value):
            continue
        interval = intervals.get(name)
        known = interval is not None and not math.isnan(interval.low)
        shown = f"  [{interval.low:.4f}, {interval.high:.4f}]" if interval is not None and known else ""
        lines.append(f"{name:24} {value:.6f}{shown}")
    return lines


def _comparison_line(row: Mapping[str, Any]) -> str:
    sure = f"[{row['low']:+.4f}, {row['high']:+.4f}]  p = {row['p_value']:.2g}"
    shown = "no interval" if math.isnan(row["p_value"]) else sure
    return f"{row['score']:24} {row['difference']:+.6f}  {shown} over {row['n_units']} {row['over']}"
