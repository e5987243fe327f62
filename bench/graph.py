"""Make a graph of people and events, as large as asked, the same bytes for the same seed.

Two people and an event make a group of 21 triples. Places lie in ten regions; events are parts
of larger events, in a tree; people know each other and take part in events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

BASE = "https://bench.example/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
XSD = "http://www.w3.org/2001/XMLSchema#"

REGIONS = 10
GROUP = 21
LEAST = 500

_KINDS = ("meeting", "battle", "crossing", "ceremony", "treaty", "voyage", "trial", "election")
_TRADES = ("clerk", "miller", "nurse", "pilot", "printer", "sailor", "scribe", "teacher")
_FIRST = ("Ada", "Boris", "Clara", "Dmitri", "Emma", "Fritz", "Greta", "Henri", "Ilse", "Jan")
_LAST = ("Adler", "Becker", "Conti", "Dubois", "Egorov", "Fischer", "Grant", "Horak", "Ivanov")


@dataclass(frozen=True)
class Size:
    """How many things a graph of `triples` holds."""

    triples: int

    @property
    def groups(self) -> int:
        """How many events there are; twice as many people."""
        return max(1, (self.triples - 2 * self.places) // GROUP)

    @property
    def people(self) -> int:
        """How many people there are."""
        return 2 * self.groups

    @property
    def places(self) -> int:
        """How many places there are, at least one in each region."""
        return max(REGIONS, self.triples // 1000)


def lines(triples: int, seed: int = 1) -> Iterator[str]:
    """Yield exactly `triples` different lines of N-Triples, 500 at least.

    >>> next(lines(3000)).split()[0]
    '<https://bench.example/place/0>'
    """
    if triples < LEAST:
        raise ValueError(f"a graph has {LEAST} triples at least, not {triples}")
    size = Size(triples)
    return islice(_all_lines(size, Random(seed)), triples)


def write_graph(path: Path, triples: int, seed: int = 1) -> None:
    """Write the graph as N-Triples."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(lines(triples, seed))
    part.replace(path)


def thing(kind: str, number: int) -> str:
    """Name a thing of the graph: `region`, `place`, `person` or `event`."""
    return f"{BASE}{kind}/{number}"


def term(name: str) -> str:
    """Name a class or property of the graph."""
    return f"{BASE}def#{name}"


def _all_lines(size: Size, random: Random) -> Iterator[str]:
    for number in range(size.places):
        place = thing("place", number)
        yield _link(place, term("in"), thing("region", number % REGIONS))
        yield _say(place, LABEL, f"Place {number}")
    # The last group is whole or cut; one more than fits fills the graph to its size.
    for number in range(size.groups + 1):
        for person in (2 * number, 2 * number + 1):
            yield from _person(person, size, random)
        yield from _event(number, size, random)


def _person(number: int, size: Size, random: Random) -> Iterator[str]:
    """Yield the six triples of a person."""
    person = thing("person", number)
    name = f"{random.choice(_FIRST)} {random.choice(_LAST)} {number}"
    yield _link(person, RDF_TYPE, term("Person"))
    yield _say(person, LABEL, name, "@en")
    yield _say(person, term("born"), str(random.randrange(1850, 1930)), f"^^<{XSD}integer>")
    yield _link(person, term("birthplace"), thing("place", random.randrange(size.places)))
    yield _say(person, term("trade"), random.choice(_TRADES))
    yield _link(person, term("knows"), thing("person", random.randrange(size.people)))


def _event(number: int, size: Size, random: Random) -> Iterator[str]:
    """Yield the nine triples of an event."""
    event, kind = thing("event", number), random.choice(_KINDS)
    day = (
        f"{random.randrange(1900, 1950)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
    )
    yield _link(event, RDF_TYPE, term("Event"))
    yield _say(event, LABEL, f"The {kind} {number}", "@en")
    yield _say(event, term("kind"), kind)
    yield _say(event, term("date"), day, f"^^<{XSD}date>")
    yield _link(event, term("place"), thing("place", random.randrange(size.places)))
    yield _link(event, term("partOf"), thing("event", number // 4))
    for person in random.sample(range(size.people), 3):
        yield _link(event, term("participant"), thing("person", person))


def _link(subject: str, predicate: str, other: str) -> str:
    return f"<{subject}> <{predicate}> <{other}> .\n"


def _say(subject: str, predicate: str, text: str, suffix: str = "") -> str:
    return f'<{subject}> <{predicate}> "{text}"{suffix} .\n'
