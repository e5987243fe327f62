"""Photographs: each drawn as its caption has it, with what is known of when and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.terms import SCHEMA
from server.articles import last_part, read_claim
from server.lookups import Text
from server.negotiation import HTML
from server.pages.article import COPYRIGHT_NOTICE, Row, claim_row
from server.pages.cards import Card, Cards, is_accepted
from server.pages.drawing import Spot, draw, find_spot
from server.pages.entities import LINES
from server.pages.frame import page_reader, show
from server.pages.sheet import Sheet, lay_out
from server.pages.values import Reader, Shown
from server.pages.wording import PHRASES
from server.photographs import (
    LOCATION,
    Depicted,
    Photograph,
    Statement,
    find_placing,
    read_photographs,
    read_statements,
)
from server.refusals import ProblemError
from server.replies import reply
from server.site import current_site

pages = Blueprint("photographs", __name__)

PICTURES_SHOWN = 20

_IS_PART_OF = NamedNode(SCHEMA + "isPartOf")


@dataclass(frozen=True)
class Entry:
    """Somebody or something in the list beside a drawing, in words."""

    number: int
    name: Shown
    kind: str
    how: str
    words: tuple[Text, ...]
    place: str
    posture: Shown | None
    claims: list[Row]


@dataclass(frozen=True)
class Said:
    """Values with the claims that give them, and claims that tell it in words."""

    values: list[tuple[Shown, list[Row]]]
    told: list[Row]

    def __bool__(self) -> bool:
        return bool(self.values or self.told)


@dataclass(frozen=True)
class Known:
    """What is accepted of a date or a place, and what else is said: values, and claims in words."""

    key: str
    accepted: Said
    others: Said


@dataclass(frozen=True)
class Guess:
    """Which known event a scene may be."""

    event: list[Shown]
    confidence: list[Shown]
    basis: list[Text]


@dataclass(frozen=True)
class PhotographView:
    """A picture as its caption has it."""

    anchor: str
    href: str | None
    label: Text
    lines: list[Text]
    sheet: Sheet
    entries: list[Entry]
    unnamed: int
    sentence: str
    leaves_open: list[Shown]
    known: list[Known]
    guesses: list[Guess]
    claims: list[Row]
    others: int


@pages.route("/photographs")
def photographs() -> Response:
    """Show the pictures of the release, drawn."""
    pictures = current_site().derive(read_photographs)
    if not pictures:
        message = "This release has no photograph with a caption or with people in it."
        raise ProblemError(404, "not-found", message)
    return reply(HTML, lambda: _page(pictures))


def _page(pictures: tuple[Photograph, ...]) -> str:
    reader = page_reader()
    parts = -(-len(pictures) // PICTURES_SHOWN)
    part = min(max(1, request.args.get("part", 1, type=int)), parts)
    shown = pictures[(part - 1) * PICTURES_SHOWN : part * PICTURES_SHOWN]
    views = [photograph_view(reader, picture) for picture in shown]
    notices = dict.fromkeys(n for picture in shown for n in _notices(reader, picture.iri))
    return show("photographs.html", views=views, notices=notices, part=part, parts=parts)


def _notices(reader: Reader, picture: NamedNode) -> list[Text]:
    """Give what the data says of whose a picture is, or what it is part of."""
    wholes = (picture, *reader.look.nodes(picture, _IS_PART_OF))
    return [notice for whole in wholes for notice in reader.texts(whole, COPYRIGHT_NOTICE)]


def drawing(reader: Reader, thing: NamedNode) -> PhotographView | None:
    """Draw a thing if it is a picture of the release, for its own page."""
    for picture in current_site().derive(read_photographs):
        if picture.iri == thing:
            return photograph_view(reader, picture)
    return None


def find_pictures(reader: Reader, thing: NamedNode) -> list[tuple[Shown, str, list[Card]]]:
    """Find the pictures in which claims put a thing: each with how they do, and the claims."""
    cards, say = Cards(reader), PHRASES[reader.lang]
    return [
        (
            reader.show(photo.iri),
            "" if one.how == "depicted" else say[f"pic_{one.how}"],
            [cards.of(claim) for claim in one.claims],
        )
        for photo in current_site().derive(read_photographs)
        for one in photo.depicted
        if one.node == thing
    ]


def photograph_view(reader: Reader, photo: Photograph) -> PhotographView:
    """Gather what is shown of a picture; whom the list names first stands farthest left."""
    look, terms = reader.look, reader.look.terms
    found = [find_spot(one) for one in photo.depicted]
    order = _order(photo.depicted, found)
    depicted, spots = [photo.depicted[n] for n in order], [found[n] for n in order]
    drawn = draw(depicted, spots)
    entries = [
        _entry(reader, number, one, spot)
        for number, (one, spot) in enumerate(zip(depicted, spots, strict=True), 1)
    ]
    label = look.label(photo.iri, reader.lang)
    return PhotographView(
        anchor=last_part(photo.iri),
        href=reader.addresses.href(photo.iri),
        label=label,
        lines=[line for p in LINES for line in reader.texts(photo.iri, p)],
        sheet=lay_out(drawn, depicted, [entry.name for entry in entries]),
        entries=entries,
        unnamed=drawn.unnamed,
        sentence="; ".join(map(_say, entries)),
        leaves_open=[s for c in photo.captions for s in reader.things(c, terms.not_stated)],
        known=[
            _known(reader, "pic_when", read_statements(look, photo, terms.date), []),
            _known(
                reader,
                "pic_where",
                read_statements(look, photo, LOCATION),
                find_placing(look, photo),
            ),
        ],
        guesses=[
            Guess(
                reader.things(hypothesis, terms.candidate),
                reader.things(hypothesis, terms.confidence),
                reader.texts(hypothesis, terms.basis),
            )
            for scene in photo.scenes
            for hypothesis in look.subjects(terms.mention, scene)
        ],
        claims=[claim_row(reader, claim) for claim in photo.claims],
        others=len(photo.others),
    )


def _order(depicted: Sequence[Depicted], spots: Sequence[Spot]) -> list[int]:
    """Order as in the drawing: by first place in the row, then apart, then what stands behind."""
    drawn = draw(depicted, spots)
    first = {f.who: at for at, f in reversed(list(enumerate((*drawn.row, *drawn.apart))))}
    return sorted(range(len(depicted)), key=lambda n: (first.get(n, len(first) + n), n))


def _entry(reader: Reader, number: int, one: Depicted, spot: Spot) -> Entry:
    return Entry(
        number=number,
        name=_name(reader, one),
        kind=one.kind,
        how=one.how,
        words=one.words,
        place=_say_place(one, spot, PHRASES[reader.lang]),
        posture=reader.thing(one.posture) if one.posture else None,
        claims=_rows(reader, one.claims),
    )


def _name(reader: Reader, one: Depicted) -> Shown:
    """Name somebody; what nobody could identify by the words the caption has for it."""
    shown = reader.thing(one.node)
    wording = reader.look.text(one.node, reader.look.terms.wording, reader.lang)
    if one.kind != "name" or wording is None:
        return shown
    return replace(shown, text=f"“{wording.value}”", lang=wording.lang)


def _rows(reader: Reader, claims: Sequence[NamedNode]) -> list[Row]:
    return [claim_row(reader, read_claim(reader.look, claim)) for claim in claims]


def _say_place(one: Depicted, spot: Spot, say: Mapping[str, str]) -> str:
    """Say where somebody is, as far as the caption tells."""
    if one.how != "depicted":
        return say[f"pic_{one.how}"]
    if spot.how == "none":
        return say["pic_no_place_words" if one.words else "pic_no_place"]
    return say[f"pic_{spot.how}_{spot.side}"].format(spot.ordinal)


def _say(entry: Entry) -> str:
    """Say an entry in one line, for those who cannot see the drawing."""
    words = [f"“{words.value}”" for words in entry.words]
    posture = [entry.posture.text] if entry.posture else []
    return f"{entry.number} {entry.name.text}: " + ", ".join([*words, entry.place, *posture])


def _known(
    reader: Reader, key: str, statements: Sequence[Statement], told: Sequence[NamedNode]
) -> Known:
    is_fact = partial(is_accepted, reader)

    def gather(accepted: bool) -> Said:
        values = [s for s in statements if any(map(is_fact, s.claims)) == accepted]
        words = [claim for claim in told if is_fact(claim) == accepted]
        return Said(
            [(reader.show(s.value), _rows(reader, s.claims)) for s in values], _rows(reader, words)
        )

    return Known(key, gather(accepted=True), gather(accepted=False))
