"""Find the few things of many that a name may mean, to be compared one by one."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from rapidfuzz import fuzz, process

from kg.matching.description import Description
from kg.matching.lexicon import PLAIN, Lexicon
from kg.matching.names import Name, parse_name, parse_sought

CANDIDATES = 24
"""How many things are compared with a name."""
COMMON = 4_000
"""A word that more things have is only looked up where a name has no rarer one."""
NEAREST, WIDELY_NEAREST = 4, 16
LIKE_WORD = 78.0
_UNTOLD = ("filler", "title", "rank", "suffix")


class Index:
    """Things by the words of their names; by the first letter for words that nobody bears."""

    def __init__(self, entities: Iterable[Description], lexicon: Lexicon = PLAIN) -> None:
        self.lexicon = lexicon
        self.entities: list[Description] = []
        self._places: dict[str, int] = {}
        self._having: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for place, entity in enumerate(entities):
            self.entities.append(entity)
            self._places[entity.iri] = place
            names = (parse_name(text, lexicon) for _, text in entity.names)
            for word in sorted({word for name in names for word in _words(name)}):
                self._having[word].append(place)
        self._begun: dict[str, list[str]] = defaultdict(list)
        for word in self._having:
            if not word.isdecimal():
                self._begun[word[:1]].append(word)

    def get(self, iri: str) -> Description | None:
        """Give the thing of this IRI."""
        place = self._places.get(iri)
        return None if place is None else self.entities[place]

    def find(
        self, names: Sequence[str], limit: int = CANDIDATES, kinds: Collection[str] = ()
    ) -> list[Description]:
        """Give what shares the most telling words with any of the names, the most telling first.

        `kinds` keeps those of one of these classes only; none keeps all.
        """
        weights = self._weigh(names, kinds) or self._weigh(names, kinds, widely=True)
        best = sorted(weights, key=lambda place: (-weights[place], place))[:limit]
        return [self.entities[place] for place in best]

    def _weigh(
        self, names: Sequence[str], kinds: Collection[str], *, widely: bool = False
    ) -> dict[int, float]:
        weights: dict[int, float] = defaultdict(float)
        for text in names:
            found: dict[int, float] = defaultdict(float)
            for weight, places in self._look_up(parse_sought(text, self.lexicon), widely):
                for place in places:
                    found[place] += weight
            for place, weight in found.items():
                weights[place] = max(weights[place], weight)
        if kinds:
            wanted = frozenset(kinds)
            return {p: w for p, w in weights.items() if wanted & self.entities[p].kinds}
        return weights

    def _look_up(self, name: Name, widely: bool) -> Iterator[tuple[float, array[int]]]:
        groups = [self._widen(word, widely) for word in sorted(_words(name))]
        told = [group for group in groups if group]
        rare = [group for group in told if min(len(places) for _, places in group) <= COMMON]
        for group in rare or told[:1]:
            for likeness, places in group:
                yield likeness * math.log(1 + len(self.entities) / len(places)), places

    def _widen(self, word: str, widely: bool) -> list[tuple[float, array[int]]]:
        """Give who has a word; if nobody, or widely, who has one that is spelt almost so."""
        places = self._having.get(word)
        if places is not None and not widely:
            return [(1.0, places)]
        if word.isdecimal():
            return []
        near = process.extract(
            word,
            self._begun.get(word[:1], ()),
            scorer=fuzz.ratio,
            limit=WIDELY_NEAREST if widely else NEAREST,
            score_cutoff=LIKE_WORD,
        )
        return [(likeness / 100, self._having[other]) for other, likeness, _ in near]


def _words(name: Name) -> set[str]:
    """Give what a name is found by: the senses of its words, whole words before initials."""
    telling = [word for word in name.words if word.role not in _UNTOLD]
    whole = {word.sense for word in telling if not word.is_initial}
    return whole or {word.sense for word in telling or name.words}
