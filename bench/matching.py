"""How well names are matched: precision and recall over pairs that are hard to tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.matching.description import Days, Description
from kg.matching.index import Index
from kg.matching.points import Score
from kg.matching.ranking import rank
from kg.matching.reading import describe, read_days, read_entities, read_words
from kg.project import NAME_WORDS
from kg.release import Release
from kg.store import Store

PAIRS = Path(__file__).parent / "hard-pairs.tsv"
COLUMNS = ["sought", "type", "where", "right", "reason"]
NONE = "none"
LEAST_PRECISION, LEAST_RECALL = 0.95, 0.85
"""The goal."""


@dataclass(frozen=True)
class Pair:
    """What is sought, with its type and what is known of it, and what it is: None for nothing."""

    sought: str
    type: str
    dates: Mapping[str, Days]
    right: str | None
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What came of a pair: whom the matcher took for it, and the best candidate with its score."""

    pair: Pair
    taken: str | None
    best: str | None
    score: Score | None

    @property
    def is_right(self) -> bool:
        """Tell whether the right thing was taken, or rightly nothing."""
        return self.taken == self.pair.right


@dataclass(frozen=True)
class Result:
    """All outcomes, and how often what was taken is right and what is right was taken."""

    outcomes: tuple[Outcome, ...]

    @property
    def precision(self) -> float:
        """The share of what was taken that is right."""
        taken = [one for one in self.outcomes if one.taken is not None]
        return sum(one.is_right for one in taken) / len(taken)

    @property
    def recall(self) -> float:
        """The share of what is there that was taken."""
        there = [one for one in self.outcomes if one.pair.right is not None]
        return sum(one.is_right for one in there) / len(there)

    @property
    def reaches_goal(self) -> bool:
        """Tell whether few enough are wrong and few enough are missed."""
        return self.precision >= LEAST_PRECISION and self.recall >= LEAST_RECALL

    @property
    def missed(self) -> list[Outcome]:
        """The pairs that went wrong."""
        return [one for one in self.outcomes if not one.is_right]


def read_pairs(prefixes: Mapping[str, str], base: str) -> list[Pair]:
    """Read the pairs, with types and properties as IRIs."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    head, *rows = [line.split("\t") for line in lines if not line.startswith("#")]
    if head != COLUMNS:
        raise ValueError(f"{PAIRS.name}: the columns are {', '.join(COLUMNS)}")

    def expand(curie: str) -> str:
        prefix, _, name = curie.partition(":")
        return prefixes[prefix] + name if name else ""

    pairs = []
    for sought, type, where, right, reason in rows:
        facts = (fact.split("=") for fact in where.split(";") if fact)
        dates = {expand(name): days for name, text in facts if (days := read_days(text))}
        found = None if right == NONE else f"{base}id/{right}"
        pairs.append(Pair(sought, expand(type), dates, found, reason))
    return pairs


def measure(release: Release) -> Result:
    """Look for every pair in a release, as `/reconcile` and `kg link suggest` do."""
    manifest, store = release.manifest, release.open_store()
    words = (release.path / NAME_WORDS).read_text(encoding="utf-8")
    index = Index(read_entities(store, manifest.base), read_words(store, manifest.base, words))
    pairs = read_pairs(manifest.prefixes, manifest.base)
    return Result(tuple(_look_for(pair, index, store) for pair in pairs))


def _look_for(pair: Pair, index: Index, store: Store) -> Outcome:
    sought = Description(
        names=(("", pair.sought),),
        kinds=frozenset((pair.type,) if pair.type else ()),
        dates={name: (days,) for name, days in pair.dates.items()},
    )
    ranked = rank(sought, index, lambda iri: describe(store, iri, pair.dates))
    if not ranked:
        return Outcome(pair, None, None, None)
    best = ranked[0]
    taken = best.entity.iri if best.is_match else None
    return Outcome(pair, taken, best.entity.iri, best.score)


def to_markdown(result: Result, base: str) -> str:
    """Write precision, recall and every miss with the reasons of its score."""
    lines = [
        f"precision {result.precision:.3f}, recall {result.recall:.3f}, "
        f"{len(result.outcomes)} pairs, {len(result.missed)} missed",
        "",
    ]
    for one in result.missed:
        score = f"{one.score.value:g}: {one.score.reason}" if one.score else "nothing found"
        lines.append(
            f"- {one.pair.sought} ({one.pair.reason}): right {_shorten(one.pair.right, base)}, "
            f"taken {_shorten(one.taken, base)}, best {_shorten(one.best, base)} {score}"
        )
    return "\n".join(lines) + "\n"


def _shorten(iri: str | None, base: str) -> str:
    return iri.removeprefix(f"{base}id/") if iri else NONE
