"""What a release holds, counted: claims by verdict and voice, sources by grade and kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.terms import RDF_TYPE, SCHEMA, SCHEMA_ITEM_REVIEWED, SKOS_IN_SCHEME
from server.articles import read_texts
from server.lookups import DEFAULT, Lookups
from server.site import Site

QUESTION = NamedNode(SCHEMA + "Question")

Count = tuple[NamedNode, int]


@dataclass(frozen=True)
class Tally:
    """The counts of one release, most first; what it does not hold counts nothing.

    `verdicts` has the verdicts of the scheme that nobody was given, too; `voices` parts the claims
    of each voice by their verdict, None for those that nobody has judged.
    """

    claims: int
    accepted: int
    judged: int
    verdicts: tuple[Count, ...]
    voices: tuple[tuple[NamedNode, Mapping[NamedNode | None, int]], ...]
    sources: int
    grades: tuple[Count, ...]
    kinds: tuple[Count, ...]
    lines: int
    texts: int
    passages: int
    passages_with_claims: int
    questions: tuple[NamedNode, ...]
    left_open: int


def count_all(site: Site) -> Tally:
    """Count a release; ask with `site.derive(count_all)`."""
    look, terms = site.look, site.look.terms
    claims = _typed(look, terms.claim_classes)
    reviewed = _values(look, SCHEMA_ITEM_REVIEWED)
    verdict_of = {
        claim: verdicts[0]
        for review, verdicts in _values(look, terms.verdict).items()
        for claim in reviewed.get(review, [])
        if claim in claims
    }
    yes = {r for value in ("true", "1") for r in look.subjects(terms.accepted, _boolean(value))}
    sources = _typed(look, (terms.Source,))
    passages = [p for text in site.derive(read_texts) for p in text.passages]
    return Tally(
        claims=len(claims),
        accepted=len({c for review in yes for c in reviewed.get(review, []) if c in claims}),
        judged=len(verdict_of),
        verdicts=_with_rest(look, Counter(verdict_of.values())),
        voices=_part_by_voice(_values(look, terms.voice), claims, verdict_of),
        sources=len(sources),
        grades=_count_values(look, terms.grade, sources),
        kinds=_count_values(look, terms.source_kind, sources),
        lines=len(_typed(look, (terms.EvidenceLine,))),
        texts=len(site.derive(read_texts)),
        passages=len(passages),
        passages_with_claims=sum(bool(passage.claims) for passage in passages),
        questions=tuple(look.subjects(RDF_TYPE, QUESTION)),
        left_open=len(_values(look, terms.not_stated)),
    )


def most_first(counts: Mapping[NamedNode, int]) -> tuple[Count, ...]:
    """Order counts, the largest first, those that are alike by name."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].value)))


def _typed(look: Lookups, kinds: Iterable[NamedNode]) -> frozenset[NamedNode]:
    return frozenset(thing for kind in kinds for thing in look.subjects(RDF_TYPE, kind))


def _values(look: Lookups, predicate: NamedNode) -> dict[NamedNode, list[NamedNode]]:
    """Gather what has a property in the default graph, with its values that are names."""
    found: defaultdict[NamedNode, list[NamedNode]] = defaultdict(list)
    for quad in look.store.quads_for_pattern(None, predicate, None, DEFAULT):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            found[quad.subject].append(quad.object)
    return {subject: sorted(values, key=str) for subject, values in found.items()}


def _boolean(value: str) -> Literal:
    return Literal(value, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))


def _with_rest(look: Lookups, counts: Counter[NamedNode]) -> tuple[Count, ...]:
    schemes = {scheme for verdict in counts for scheme in look.nodes(verdict, SKOS_IN_SCHEME)}
    rest = {verdict: 0 for s in schemes for verdict in look.subjects(SKOS_IN_SCHEME, s)}
    return most_first({**rest, **counts})


def _part_by_voice(
    voices: Mapping[NamedNode, list[NamedNode]],
    claims: frozenset[NamedNode],
    verdict_of: Mapping[NamedNode, NamedNode],
) -> tuple[tuple[NamedNode, Mapping[NamedNode | None, int]], ...]:
    found: defaultdict[NamedNode, Counter[NamedNode | None]] = defaultdict(Counter)
    for claim in claims & voices.keys():
        for voice in voices[claim]:
            found[voice][verdict_of.get(claim)] += 1
    order = most_first({voice: parts.total() for voice, parts in found.items()})
    return tuple((voice, found[voice]) for voice, _ in order)


def _count_values(
    look: Lookups, predicate: NamedNode, things: frozenset[NamedNode]
) -> tuple[Count, ...]:
    values = _values(look, predicate)
    return most_first(Counter(v for thing in things & values.keys() for v in values[thing]))
