"""Damage and malice done to a file: bits, lengths, numbers, whole blocks, and words that parsers stumble over."""

from __future__ import annotations

import re

import numpy as np

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_WORDS = (
    b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b"<script>alert(1)</script>",
    b"../../../../etc/passwd",
    b"cos\nsystem\n(S'true'\ntR.",
    b"\x80\x04\x95",
    b"1e999",
    b"-1",
    b"nan",
    b"9" * 40,
    b"[" * 2000,
    b'{"a":' * 500,
    b"\xff\xfe",
    b"\0\0\0\0",
    "\u202e\u0661\u00b2".encode(),
)


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` with one to four changes; never the same for two seeds, always the same for one."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        changed = _CHANGES[int(rng.integers(len(_CHANGES)))](changed, rng)
    return bytes(changed)


def _place(data: bytearray, rng: np.random.Generator) -> int:
    # Headers lie at the beginning and at the end of most formats.
    if len(data) > 64 and rng.random() < 0.5:
        near = int(rng.integers(0, 64))
        return near if rng.random() < 0.6 else len(data) - 1 - near
    return int(rng.integers(0, max(1, len(data))))


def _flip(data: bytearray, rng: np.random.Generator) -> bytearray:
    if data:
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))
    return data


def _byte(data: bytearray, rng: np.random.Generator) -> bytearray:
    if data:
        data[_place(data, rng)] = int(rng.integers(256))
    return data


def _number(data: bytearray, rng: np.random.Generator) -> bytearray:
    place, size = _place(data, rng), int(rng.choice([2, 4, 8]))
    value = int(rng.choice(_NUMBERS)) & ((1 << 8 * size) - 1)
    data[place : place + size] = value.to_bytes(size, "little" if rng.random() < 0.7 else "big")
    return data


def _cut(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data[: _place(data, rng)]


def _drop(data: bytearray, rng: np.random.Generator) -> bytearray:
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, 64))]
    return data


def _repeat(data: bytearray, rng: np.random.Generator) -> bytearray:
    place, size = _place(data, rng), int(rng.integers(1, 64))
    data[place:place] = data[place : place + size] * int(rng.integers(1, 20))
    return data


def _insert_word(data: bytearray, rng: np.random.Generator) -> bytearray:
    place = _place(data, rng)
    data[place:place] = _WORDS[int(rng.integers(len(_WORDS)))]
    return data


def _change_number_in_text(data: bytearray, rng: np.random.Generator) -> bytearray:
    found = list(re.finditer(rb"-?\d+(\.\d+)?", bytes(data)))
    if not found:
        return _number(data, rng)
    match = found[int(rng.integers(len(found)))]
    words = (b"0", b"-1", b"1e999", b"99999999999", b"0.5", b"nan", b"", b"2147483648", b"x")
    data[match.start() : match.end()] = words[int(rng.integers(len(words)))]
    return data


def _zero(data: bytearray, rng: np.random.Generator) -> bytearray:
    place, size = _place(data, rng), int(rng.integers(1, 128))
    size = min(size, len(data) - place)
    data[place : place + size] = bytes(size)
    return data


_CHANGES = (
    _flip, _flip, _byte, _byte, _number, _number, _cut, _drop, _repeat, _insert_word, _change_number_in_text, _zero,
)  # fmt: skip
