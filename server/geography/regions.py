"""Which maps a set of points needs: one for all, and a closer one wherever marks would collide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from server.geography.frames import Frame, fit_frame
from server.geography.projection import Point

TOO_NEAR = 0.085
"""Marks nearer than this part of a map's width cannot be told apart."""

MOST_REGIONS = 7


@dataclass(frozen=True)
class Region:
    """A map, and what it shows: points by their number, alone or as a group with one mark.

    `groups` pairs the numbers of a group with that of the region drawn for it, or None.
    """

    frame: Frame
    alone: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], int | None], ...] = ()

    @property
    def members(self) -> tuple[int, ...]:
        """The numbers of all points it shows."""
        return (*self.alone, *(number for group, _ in self.groups for number in group))


def chart_regions(points: Sequence[Point]) -> list[Region]:
    """Plan the maps of a set of points: the widest first, each followed by closer ones."""
    planned: list[Region] = []
    waiting: list[tuple[tuple[int, ...], tuple[int, int] | None]] = []
    if points:
        waiting.append((tuple(range(len(points))), None))
    while waiting and len(planned) < MOST_REGIONS:
        members, parent = waiting.pop(0)
        frame = fit_frame([points[n] for n in members])
        groups = group_near([frame.place(points[n]) for n in members], TOO_NEAR)
        found = [tuple(members[n] for n in group) for group in groups]
        together = tuple((group, None) for group in found if len(group) > 1)
        if len(found) == 1:
            # Closer than this no map goes: the marks lie side by side as they may.
            region = Region(frame, members)
        else:
            alone = tuple(group[0] for group in found if len(group) == 1)
            region = Region(frame, alone, together)
            closer = sorted(enumerate(together), key=lambda place: -len(place[1][0]))
            waiting += [(group, (len(planned), place)) for place, (group, _) in closer]
        if parent is not None:
            _lead_to(planned, parent, len(planned))
        planned.append(region)
    return planned


def _lead_to(planned: list[Region], parent: tuple[int, int], child: int) -> None:
    """Note in a region where one of its groups is drawn closer."""
    number, place = parent
    region = planned[number]
    groups = list(region.groups)
    groups[place] = (groups[place][0], child)
    planned[number] = Region(region.frame, region.alone, tuple(groups))


def group_near(positions: Sequence[tuple[float, float]], distance: float) -> list[list[int]]:
    """Group positions that a chain of neighbours nearer than `distance` connects.

    >>> group_near([(0, 0), (0.5, 0), (9, 9), (1, 0)], 0.6)
    [[0, 1, 3], [2]]
    """
    cells: dict[tuple[int, int], list[int]] = {}
    for number, (x, y) in enumerate(positions):
        cells.setdefault((floor(x / distance), floor(y / distance)), []).append(number)
    group_of: dict[int, int] = {}
    groups: list[list[int]] = []
    for number in range(len(positions)):
        if number in group_of:
            continue
        group_of[number] = len(groups)
        group, waiting = [], [number]
        while waiting:
            here = waiting.pop()
            group.append(here)
            for near in _near(positions, cells, here, distance):
                if near not in group_of:
                    group_of[near] = len(groups)
                    waiting.append(near)
        groups.append(sorted(group))
    return groups


def _near(
    positions: Sequence[tuple[float, float]],
    cells: dict[tuple[int, int], list[int]],
    number: int,
    distance: float,
) -> list[int]:
    x, y = positions[number]
    column, row = floor(x / distance), floor(y / distance)
    around = [(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    listed = [other for cell in around for other in cells.get(cell, ())]
    return [
        other
        for other in listed
        if (positions[other][0] - x) ** 2 + (positions[other][1] - y) ** 2 < distance**2
    ]
