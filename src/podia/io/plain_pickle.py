"""Arrays, texts and numbers in a pickle, read without executing it.

A pickle is a program that may call any function. Here its instructions are followed for plain data and NumPy arrays
alone: names of functions are compared with those that make arrays, and never imported or called. All else becomes an
empty placeholder.
"""

from __future__ import annotations

import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_KINDS = re.compile(r"[<>|=]?[biuf][1248]")
_MAKES_ARRAY = ("_reconstruct",)
_FROM_BUFFER = ("_frombuffer",)
_MOST_ITEMS = 10_000_000


class PlainPickleError(ValueError):
    """The stream is not a pickle, or does what plain data do not."""


@dataclass
class _Symbol:
    """A name of a function or class, which is not imported."""

    name: str


@dataclass
class _Made:
    """What a call would have made: an array or its type once its state is known, else unknown."""

    symbol: str
    arguments: tuple[Any, ...] = ()
    state: Any = None

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The type of pixels, where this stands for one."""
        text = self.arguments[0] if self.arguments else None
        if self.symbol != "dtype" or not isinstance(text, str) or not _KINDS.fullmatch(text):
            return None
        found = np.dtype(text)
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else "="
        return found.newbyteorder(">") if order == ">" else found.newbyteorder("<") if order == "<" else found


@dataclass
class _Machine:
    """Stack, marks and memory of the instructions that were followed."""

    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        """Take off what was put on the stack since the last mark."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items


def read_plain_pickle(data: bytes) -> Any:
    r"""Return the plain content of a pickle: dictionaries with texts as keys, lists, tuples, numbers, texts, arrays.

    Whatever else it holds is replaced by an object without meaning.

    Raises
    ------
    PlainPickleError
        If it is not a pickle, or cannot be read as plain data.

    Examples
    --------
    >>> import pickle
    >>> read_plain_pickle(pickle.dumps({"masks": np.eye(2, dtype=np.uint8), "diameter": 30.0}))["masks"].tolist()
    [[1, 0], [0, 1]]
    >>> read_plain_pickle(b"cos\nsystem\n(S'true'\ntR.").symbol
    'system'
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return _as_array(machine.stack[-1])
            _follow(machine, opcode.name, argument)
            if len(machine.stack) + len(machine.memo) > _MOST_ITEMS:
                raise PlainPickleError("it has too many items")
    except PlainPickleError:
        raise
    except Exception as error:  # a damaged stream may break the parser anywhere
        raise PlainPickleError(f"it is damaged ({error})") from error
    raise PlainPickleError("it ends before its end")


def _follow(machine: _Machine, name: str, argument: Any) -> None:
    stack = machine.stack
    if name in _NOTHING:
        return
    if name in _CONSTANTS:
        stack.append(_CONSTANTS[name]())
    elif name in _VALUES:
        stack.append(argument)
    elif name == "MARK":
        machine.marks.append(len(stack))
    elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
        machine.memo[int(argument)] = stack[-1]
    elif name == "MEMOIZE":
        machine.memo[len(machine.memo)] = stack[-1]
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        stack.append(machine.memo[int(argument)])
    elif name == "GLOBAL":
        stack.append(_Symbol(str(argument).split(" ")[-1]))
    elif name == "STACK_GLOBAL":
        attribute, _module = stack.pop(), stack.pop()
        stack.append(_Symbol(str(attribute)))
    elif name in _STEPS:
        _STEPS[name](machine)
    else:
        raise PlainPickleError(f"its instruction {name} is not one of plain data")


def _tuple_of(count: int) -> Callable[[_Machine], None]:
    def follow(machine: _Machine) -> None:
        items = tuple(_as_array(item) for item in machine.stack[-count:])
        del machine.stack[-count:]
        machine.stack.append(items)

    return follow


def _tuple(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(_as_array(item) for item in items))


def _list(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append([_as_array(item) for item in items])


def _dict(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append({})
    _set_items(machine, items)


def _append(machine: _Machine) -> None:
    item = machine.stack.pop()
    _extend(machine.stack[-1], [item])


def _appends(machine: _Machine) -> None:
    items = machine.since_mark()
    _extend(machine.stack[-1], items)


def _extend(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(_as_array(item) for item in items)


def _set_item(machine: _Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _set_items(machine, [key, value])


def _set_all(machine: _Machine) -> None:
    _set_items(machine, machine.since_mark())


def _set_items(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(target, dict) and isinstance(key, str):
            target[key] = _as_array(value)


def _call(machine: _Machine) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    name = function.name if isinstance(function, _Symbol) else ""
    machine.stack.append(_Made(name, arguments if isinstance(arguments, tuple) else ()))


def _call_with_names(machine: _Machine) -> None:
    machine.stack.pop()
    _call(machine)


def _build(machine: _Machine) -> None:
    state = machine.stack.pop()
    if isinstance(machine.stack[-1], _Made):
        machine.stack[-1].state = state


def _pop(machine: _Machine) -> None:
    machine.stack.pop()


def _pop_mark(machine: _Machine) -> None:
    machine.since_mark()


def _duplicate(machine: _Machine) -> None:
    machine.stack.append(machine.stack[-1])


_NOTHING = ("PROTO", "FRAME")
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": list,
}
_VALUES = (
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BYTEARRAY8",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
)
_STEPS: dict[str, Callable[[_Machine], None]] = {
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": _tuple,
    "LIST": _list,
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _appends,
    "FROZENSET": _list,
    "SETITEM": _set_item,
    "SETITEMS": _set_all,
    "REDUCE": _call,
    "NEWOBJ": _call,
    "NEWOBJ_EX": _call_with_names,
    "BUILD": _build,
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": _duplicate,
}


def _as_array(item: Any) -> Any:
    """Return the array of numbers that a call would have made; any other item as it is."""
    if not isinstance(item, _Made):
        return item
    if item.symbol in _FROM_BUFFER and len(item.arguments) >= 3:
        content, kind, shape = item.arguments[:3]
        order = item.arguments[3] if len(item.arguments) > 3 else "C"
    elif item.symbol in _MAKES_ARRAY and isinstance(item.state, tuple) and len(item.state) == 5:
        _, shape, kind, fortran, content = item.state
        order = "F" if fortran else "C"
    else:
        return item
    if (
        isinstance(kind, _Made) and kind.symbol == "dtype" and isinstance(content, list)
    ):  # an array of objects
        return content[0] if shape == () and len(content) == 1 else content
    dtype = kind.dtype if isinstance(kind, _Made) else None
    if dtype is None or not isinstance(content, bytes | bytearray) or not _is_shape(shape):
        return item
    if math.prod(shape) * dtype.itemsize != len(content):
        raise PlainPickleError(f"an array of shape {shape} has {len(content)} bytes")
    return np.frombuffer(bytes(content), dtype).reshape(shape, order="F" if order == "F" else "C")


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
