"""Photographs known from their captions: who is said to be shown, and what is said of where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import FOAF, SCHEMA, SCHEMA_ABOUT, SEM
from server.articles import PlacedClaim, last_part, natural, read_claims
from server.lookups import Lookups, Term, Text, plain, to_text
from server.site import Site

DEPICTS = NamedNode(FOAF + "depicts")
HAS_ACTOR = NamedNode(SEM + "hasActor")
LOCATION = NamedNode(SCHEMA + "location")
PLACE = NamedNode(SCHEMA + "Place")
PERSONS = frozenset((NamedNode(SCHEMA + "Person"), NamedNode(FOAF + "Person")))
SIDES = ("left", "right")
T = TypeVar("T")


@dataclass(frozen=True)
class Depicted:
    """Somebody or something in a picture, as claims have it.

    `how` is `depicted` with what is said of the place, `shown` when a claim only says that the
    picture shows it, `acting` when it takes part in the scene and nothing says that it is shown.
    `kind` is person, name (a wording nobody could identify) or thing. `side` is the one from which
    `ordinal` counts.
    """

    node: NamedNode
    claims: tuple[NamedNode, ...]
    how: str
    kind: str
    words: tuple[Text, ...] = ()
    ordinal: int | None = None
    side: str | None = None
    posture: NamedNode | None = None


@dataclass(frozen=True)
class Statement:
    """A value that claims give to a picture or its scene, such as a date."""

    value: NamedNode | Literal
    claims: tuple[NamedNode, ...]


@dataclass(frozen=True)
class Photograph:
    """A picture: its captions, what they claim, whom they name, and what else is said of it."""

    iri: NamedNode
    captions: tuple[NamedNode, ...]
    claims: tuple[PlacedClaim, ...]
    depicted: tuple[Depicted, ...]
    scenes: tuple[NamedNode, ...]
    others: tuple[NamedNode, ...]


def read_photographs(site: Site) -> tuple[Photograph, ...]:
    """Gather every picture with a caption or a depiction; ask with `site.derive`."""
    look, terms = site.look, site.terms
    captioned = look.store.quads_for_pattern(None, terms.captioned_by, None, None)
    shown = look.store.quads_for_pattern(None, terms.in_photograph, None, None)
    found = {q.subject for q in captioned} | {q.object for q in shown}
    pictures = [node for node in found if isinstance(node, NamedNode)]
    return tuple(
        read_photograph(look, node) for node in sorted(pictures, key=lambda n: natural(n.value))
    )


def has_photographs(site: Site) -> bool:
    """Say whether a release has a picture with a caption or a depiction."""
    return bool(site.derive(read_photographs))


def read_photograph(look: Lookups, picture: NamedNode) -> Photograph:
    """Gather what is said of one picture; without a caption, every claim on it counts as one."""
    captions = tuple(look.nodes(picture, look.terms.captioned_by))
    claims = read_claims(look, captions)
    told = frozenset(claim.iri for claim in claims) if captions else None
    # What others say a picture is about need not be what it shows.
    scenes = _nodes(_said(look, picture, SCHEMA_ABOUT, told))
    about = {c for node in (picture, *scenes) for c in look.subjects(SCHEMA_ABOUT, node)}
    others = {claim for claim in about if look.is_claim(claim)} - (told or set())
    return Photograph(
        iri=picture,
        captions=captions,
        claims=claims,
        depicted=tuple(_merge(_depicted(look, picture, scenes, told))),
        scenes=scenes,
        others=tuple(sorted(others, key=lambda claim: natural(claim.value))),
    )


def read_statements(look: Lookups, photo: Photograph, predicate: NamedNode) -> list[Statement]:
    """Gather the values that claims give to a picture or its scenes, each value once."""
    found: dict[NamedNode | Literal, list[NamedNode]] = {}
    for subject in (photo.iri, *photo.scenes):
        for quad in _said(look, subject, predicate, None):
            value, graph = plain(quad.object), quad.graph_name
            if isinstance(value, NamedNode | Literal) and isinstance(graph, NamedNode):
                found.setdefault(value, []).append(graph)
    return [
        Statement(value, tuple(sorted(set(claims), key=lambda c: natural(c.value))))
        for value, claims in sorted(found.items(), key=lambda item: str(item[0]))
    ]


def find_placing(look: Lookups, photo: Photograph) -> list[NamedNode]:
    """Find the claims of others that tell a place in words: they are about it and the picture."""
    return [
        claim
        for claim in photo.others
        if any(PLACE in look.types(node) for node in look.nodes(claim, SCHEMA_ABOUT))
        and not any(quad.predicate == LOCATION for quad in look.within(claim))
    ]


def _said(
    look: Lookups, subject: NamedNode, predicate: NamedNode, told: frozenset[NamedNode] | None
) -> list[Quad]:
    """Find what claims say of a thing; only those of `told`, unless that is None.

    Where no claim says it but the data simply does, that counts.
    """
    quads = [q for q in look.about(subject) if q.predicate == predicate]
    if told is not None:
        return [q for q in quads if q.graph_name in told]
    graphs = {q.graph_name for q in quads if isinstance(q.graph_name, NamedNode)}
    claims = {graph for graph in graphs if look.is_claim(graph)}
    return [q for q in quads if q.graph_name in claims] or quads


def _nodes(quads: Iterable[Quad]) -> tuple[NamedNode, ...]:
    return tuple(dict.fromkeys(q.object for q in quads if isinstance(q.object, NamedNode)))


def _depicted(
    look: Lookups,
    picture: NamedNode,
    scenes: Iterable[NamedNode],
    told: frozenset[NamedNode] | None,
) -> Iterator[Depicted]:
    """List whom the claims place, then whom they show, then who takes part in the scene."""
    terms = look.terms
    pointing = look.store.quads_for_pattern(None, terms.in_photograph, picture, None)
    nodes = {q.subject for q in pointing if isinstance(q.subject, NamedNode)}
    for node in sorted(nodes, key=lambda node: natural(node.value)):
        for quad in _said(look, node, terms.depicted, told):
            if isinstance(quad.object, NamedNode):
                yield _read_depiction(look, node, quad)
    yield from _named(look, _said(look, picture, DEPICTS, told), "shown")
    for scene in scenes:
        yield from _named(look, _said(look, scene, HAS_ACTOR, told), "acting")


def _read_depiction(look: Lookups, node: NamedNode, quad: Quad) -> Depicted:
    terms = look.terms
    values: dict[NamedNode, list[Term]] = {}
    for said in look.about(node):
        if said.graph_name == quad.graph_name:
            values.setdefault(said.predicate, []).append(plain(said.object))
    who = plain(quad.object)
    assert isinstance(who, NamedNode)
    counted = [s for s in values.get(terms.counted_from, ()) if isinstance(s, NamedNode)]
    ordinals = {int(o.value) for o in values.get(terms.ordinal, ()) if o.value.isdecimal()}
    return Depicted(
        node=who,
        claims=_claim_of(quad),
        how="depicted",
        kind=_kind(look, who),
        words=tuple(to_text(w) for w in values.get(terms.position, ()) if isinstance(w, Literal)),
        ordinal=_only(ordinals),
        side=_only({last_part(side) for side in counted} & set(SIDES)),
        posture=_only({p for p in values.get(terms.posture, ()) if isinstance(p, NamedNode)}),
    )


def _named(look: Lookups, quads: Iterable[Quad], how: str) -> Iterator[Depicted]:
    for quad in quads:
        if isinstance(quad.object, NamedNode):
            yield Depicted(quad.object, _claim_of(quad), how, _kind(look, quad.object))


def _claim_of(quad: Quad) -> tuple[NamedNode, ...]:
    return (quad.graph_name,) if isinstance(quad.graph_name, NamedNode) else ()


def _kind(look: Lookups, node: NamedNode) -> str:
    types = set(look.types(node))
    if types & PERSONS:
        return "person"
    return "name" if look.terms.Mention in types else "thing"


def _merge(depicted: Iterable[Depicted]) -> Iterator[Depicted]:
    """Take together what several claims say of one; where they differ, nothing is certain."""
    by_node: dict[NamedNode, list[Depicted]] = {}
    for one in depicted:
        by_node.setdefault(one.node, []).append(one)
    for found in by_node.values():
        same = [one for one in found if one.how == found[0].how]
        yield replace(
            same[0],
            claims=tuple(dict.fromkeys(claim for one in same for claim in one.claims)),
            words=tuple(dict.fromkeys(words for one in same for words in one.words)),
            ordinal=_only({one.ordinal for one in same} - {None}),
            side=_only({one.side for one in same} - {None}),
            posture=_only({one.posture for one in same} - {None}),
        )


def _only(values: Collection[T | None]) -> T | None:
    return next(iter(values)) if len(values) == 1 else None
