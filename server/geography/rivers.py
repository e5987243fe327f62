"""Names of great rivers, for the outlines have none: in the pages' languages, at points on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from server.geography.projection import Point


@dataclass(frozen=True)
class River:
    """A river's name by language, and points along it beside which the name may stand."""

    names: Mapping[str, str]
    points: tuple[Point, ...]


@cache
def read_rivers() -> tuple[River, ...]:
    """Read `rivers.tsv`: a river in each row, its points as `latitude,longitude`."""
    text = (Path(__file__).parent / "rivers.tsv").read_text(encoding="utf-8")
    head, *rows = [line.split("\t") for line in text.splitlines()]
    return tuple(
        River(dict(zip(head, names, strict=False)), tuple(map(_read_point, points.split())))
        for *names, points in rows
    )


def _read_point(text: str) -> Point:
    latitude, longitude = text.split(",")
    return Point(float(latitude), float(longitude))
