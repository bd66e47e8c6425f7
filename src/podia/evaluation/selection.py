"""Selection of the scores that are requested and that the inputs allow."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from podia.data.errors import InvalidInputError
from podia.evaluation.inputs import EvaluationInput
from podia.evaluation.scores import GROUPS, SCORE_OF, Group


def select_scores(
    truth: EvaluationInput | None, result: EvaluationInput, measures: Sequence[str] | None
) -> dict[Group, tuple[str, ...] | None]:
    """Return the groups to compute, each with the scores requested by name (None: all that are possible).

    Raises
    ------
    InvalidInputError
        If a measure is unknown or not possible with these inputs, or if none is possible.
    """
    obstacles = _obstacles(truth, result)
    if measures is None:
        allowed: dict[Group, tuple[str, ...] | None] = {g: None for g in GROUPS if obstacles[g] is None}
        if not allowed and truth is None:
            raise InvalidInputError(
                f"No score can be computed for '{result.name}' without ground truth: {obstacles['stability']}. "
                f"Give the ground truth before it."
            )
        if not allowed:
            raise InvalidInputError(
                f"'{_name(truth)}' ({_kind(truth)}) and '{result.name}' ({result.kind}) have nothing in common "
                f"to compare: {obstacles['localisation']}."
            )
        return allowed
    if not measures:
        raise InvalidInputError(f"No measure is requested. Allowed: {', '.join(GROUPS)}, or single scores.")
    chosen: dict[Group, tuple[str, ...] | None] = {}
    for measure in measures:
        group = _group_of(measure)
        obstacle = obstacles[group]
        # On request, values of labels of unknown origin are taken as track ids.
        if obstacle and not (group == "stability" and result.labels is not None):
            raise InvalidInputError(f"'{measure}' cannot be measured: {obstacle}.")
        if measure in GROUPS:
            chosen[group] = None
        elif chosen.get(group, ()) is not None:
            chosen[group] = (*(chosen.get(group) or ()), measure)
    return {group: chosen[group] for group in GROUPS if group in chosen}


def is_wanted(name: str, selection: dict[Group, tuple[str, ...] | None]) -> bool:
    """Return whether a score is part of a selection."""
    group = SCORE_OF[name].group
    names = selection.get(group, ())
    return names is None or name in names


def _group_of(measure: str) -> Group:
    for group in GROUPS:
        if measure == group:
            return group
    if measure in SCORE_OF:
        return SCORE_OF[measure].group
    known = {name.lower(): name for name in (*GROUPS, *SCORE_OF)}
    near = get_close_matches(measure.lower(), known, n=1)
    hint = f" Did you mean '{known[near[0]]}'?" if near else ""
    raise InvalidInputError(
        f"Unknown measure '{measure}'.{hint} Allowed: {', '.join(GROUPS)}, or single scores such as SEG."
    )


def _obstacles(truth: EvaluationInput | None, result: EvaluationInput) -> dict[Group, str | None]:
    """Return the reason why each group cannot be computed, None if it can."""
    steady = None if result.has_tracks else f"the values in '{result.name}' are not known to be track ids"
    if result.labels is None:
        steady = f"'{result.name}' ({result.kind}) has no masks"
    if truth is None:
        return {group: steady if group == "stability" else "there is no truth" for group in GROUPS}
    ctc = _lacking(truth, result, "ctc", "masks")
    masks = _lacking(truth, result, "outlines", "masks of whole cells")
    tips = _lacking(truth, result, "tips", "protrusion tips")
    places = next((f"'{s.name}' has no positions" for s in (truth, result) if not _has_places(s)), None)
    return {
        "ctc": ctc,
        "overlap": masks,
        "instances": masks,
        "boundary": masks,
        "thin": masks,
        "localisation": places,
        "tips": tips,
        "stability": steady,
    }


def _lacking(truth: EvaluationInput, result: EvaluationInput, part: str, words: str) -> str | None:
    without = next((side for side in (truth, result) if getattr(side, part) is None), None)
    return None if without is None else f"'{without.name}' ({without.kind}) has no {words}"


def _has_places(side: EvaluationInput) -> bool:
    return side.positions is not None or side.markers is not None or side.outlines is not None


def _name(side: EvaluationInput | None) -> str:
    return "nothing" if side is None else side.name


def _kind(side: EvaluationInput | None) -> str:
    return "nothing" if side is None else side.kind
