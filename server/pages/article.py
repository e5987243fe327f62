"""The article read critically: its passages as a map, the claims of each, its words if given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.terms import SCHEMA, SCHEMA_TEXT
from server.articles import PARAMETERS, Passage, Place, PlacedClaim, Text, last_part, read_texts
from server.lookups import Text as Words
from server.negotiation import HTML
from server.pages.cards import Badge, badge
from server.pages.choices import Choices, Option, read_choices
from server.pages.frame import addresses, page_reader, show
from server.pages.strip import Bar, Ribbon, draw_bar, draw_ribbon
from server.pages.underlines import Piece, underline_copies
from server.pages.values import Reader, Shown
from server.pages.wording import VERDICT_SYMBOLS
from server.refusals import ProblemError
from server.replies import reply
from server.site import Site, current_site
from server.words import is_own_host

pages = Blueprint("article", __name__)

VOICES = ("headline", "narration", "paraphrase", "quotation", "quoted-fragment", "caption")
"""The voices that have a sign of their own; the others share one."""

COPYRIGHT_NOTICE = NamedNode(SCHEMA + "copyrightNotice")
PAGE_BYTES = 21_000
"""So much of a page is for passages; a longer text comes in parts."""
MOST_MAPPED = 60
"""Up to so many passages the map shows those of all parts."""
_PASSAGE, _CLAIM, _MANNER, _MARKS = 450, 430, 150, 230

GUARDED = {"X-Robots-Tag": "noindex, noarchive", "Cross-Origin-Resource-Policy": "same-origin"}
"""What keeps words that are not ours from search engines and from scripts of other sites."""


@dataclass(frozen=True)
class Voice:
    """A voice: which sign it has, and its name."""

    sign: str
    name: Shown


@dataclass(frozen=True)
class Row:
    """A claim in a list; one that is `repeated` stands on the page before, with its anchor."""

    anchor: str
    repeated: bool
    href: str
    code: str | None
    text: Words
    badge: Badge | None
    voices: list[Voice]
    speakers: list[Shown]


@dataclass(frozen=True)
class PassageView:
    """A passage: its bar, its claims, its words. What all its claims share is said once.

    `part` is that of the text in which it stands.
    """

    anchor: str
    part: int
    href: str | None
    label: Words
    boilerplate: bool
    places: tuple[Place, ...]
    voices: list[Voice]
    speakers: list[Shown]
    share: bool
    claims: int
    rows: dict[str, Row]
    bar: Bar
    words: list[list[Piece]]
    leaves_open: list[Shown]


@dataclass(frozen=True)
class ArticleView:
    """Everything the page of a text shows: `passages` in full, and those that are `mapped`."""

    article: Shown
    notices: list[Words]
    lang: str | None
    has_words: bool
    sha256: str
    ribbon: Ribbon
    passages: list[PassageView]
    mapped: list[PassageView]
    facets: list[tuple[str, list[tuple[Option, Badge | Voice | Shown]]]]
    choices: Choices
    fitting: int
    claims: int
    part: int
    parts: int


@pages.route("/article")
def article() -> Response:
    """Show the release's text; of several, list them."""
    texts = current_site().derive(read_texts)
    if not texts:
        raise ProblemError(404, "not-found", "This release has no text with passages.")
    if len(texts) == 1:
        return _answer(texts[0])
    return reply(HTML, lambda: _list_page(texts))


@pages.route("/article/<slug>")
def one_article(slug: str) -> Response:
    """Show one of several texts."""
    for text in current_site().derive(read_texts):
        if text.slug == slug:
            return _answer(text)
    raise ProblemError(404, "not-found", f"This release has no text {slug}; see /article.")


def _list_page(texts: tuple[Text, ...]) -> str:
    reader = page_reader()
    rows = [
        (reader.thing(t.article), f"/article/{t.slug}", sum(len(p.claims) for p in t.passages))
        for t in texts
    ]
    return show("articles.html", rows=rows)


def _answer(text: Text) -> Response:
    """Answer with the page; one that shows the reader's own copy is for nobody's store."""
    site = current_site()
    # Under any other name a page of another site could have had itself led here (DNS rebinding).
    trusted = is_own_host(request.host, site.base, site.settings)
    words = site.words.get(text.sha256) if trusted else None
    return reply(
        HTML,
        lambda: show("article.html", view=article_view(page_reader(), text, words)),
        repeatable=words is None,
        headers={} if words is None else GUARDED,
    )


def article_view(reader: Reader, text: Text, words: str | None) -> ArticleView:
    """Gather what the address asks of a text."""
    claims = list(dict.fromkeys(claim for p in text.passages for claim in p.claims))
    choices = read_choices(request.args, claims, PARAMETERS)
    fitting = [claim for claim in claims if choices.fits(claim)]
    parts = split_parts(text.passages, choices.fits, words)
    part = _find_part(parts, request.args)
    gathering = _Gathering(reader, text, words, choices)
    whole = len(text.passages) <= MOST_MAPPED
    mapped = [
        gathering.passage(passage, number)
        for number, passages in enumerate(parts, 1)
        if whole or number == part
        for passage in passages
    ]
    return ArticleView(
        article=reader.thing(text.article),
        notices=reader.texts(text.article, COPYRIGHT_NOTICE),
        lang=text.lang,
        has_words=words is not None,
        sha256=text.sha256,
        ribbon=draw_ribbon(text, gathering.face, choices.fits),
        passages=[view for view in mapped if view.part == part],
        mapped=mapped,
        facets=[
            (name, [(o, _face(reader, name, o)) for o in _ordered(choices.options(name, claims))])
            for name in PARAMETERS
        ],
        choices=choices,
        fitting=len(fitting),
        claims=len(claims),
        part=part,
        parts=len(parts),
    )


def _find_part(parts: Sequence[Sequence[Passage]], asked: Mapping[str, str]) -> int:
    """Find the part that is asked for: by number, or as the one that holds a claim (`?at=`)."""
    if "at" in asked:
        holding = (
            number
            for number, passages in enumerate(parts, 1)
            if any(to_anchor(c.iri) == asked["at"] for p in passages for c in p.claims)
        )
        return next(holding, 1)
    number = asked.get("part", "1")
    return min(max(1, int(number) if number.isdecimal() else 1), len(parts))


@pages.app_template_global("place_in_text")
def place_in_text(iri: str) -> str | None:
    """Address a claim's place in the text it is taken from, as read critically."""
    path = current_site().derive(_list_places).get(iri)
    anchor = to_anchor(NamedNode(iri))
    return addresses().to(f"{path}#{anchor}", at=anchor) if path else None


def _list_places(site: Site) -> dict[str, str]:
    """Give the page of the text that each claim is taken from."""
    texts = site.derive(read_texts)
    found: dict[str, str] = {}
    for text in texts:
        path = "/article" if len(texts) == 1 else f"/article/{text.slug}"
        for claim in (claim for passage in text.passages for claim in passage.claims):
            found.setdefault(claim.iri.value, path)
    return found


def to_anchor(node: NamedNode) -> str:
    """Make an id of the last parts of an IRI: `claim-c3-4`."""
    return "-".join(re.findall(r"[A-Za-z0-9]+", "/".join(node.value.split("/")[-2:])))


def split_parts(
    passages: Iterable[Passage], fits: Callable[[PlacedClaim], bool], words: str | None
) -> list[list[Passage]]:
    """Part a long text into pages of about equal bytes, by the claims and words that they show."""
    parts: list[list[Passage]] = [[]]
    spent = 0
    for passage in passages:
        weight = _weigh(passage, [claim for claim in passage.claims if fits(claim)], words)
        if parts[-1] and spent + weight > PAGE_BYTES:
            parts.append([])
            spent = 0
        parts[-1].append(passage)
        spent += weight
    return parts


def _weigh(passage: Passage, claims: Sequence[PlacedClaim], words: str | None) -> int:
    """Estimate the bytes of a passage on its page."""
    each = _CLAIM if len(set(map(_manner, claims))) == 1 else _CLAIM + _MANNER
    if words is None:
        return _PASSAGE + each * len(claims)
    copies = {words[place.start : place.end] for place in passage.places}
    marked = len(copies) * _MARKS * len(claims)
    return _PASSAGE + each * len(claims) + marked + sum(len(copy.encode()) for copy in copies)


def _manner(claim: PlacedClaim) -> tuple[tuple[NamedNode, ...], ...]:
    """Give what is said once of a passage whose claims share it."""
    return claim.voices, claim.speakers


def _face(reader: Reader, name: str, option: Option) -> Badge | Voice | Shown:
    if name == "verdict":
        return badge(reader, option.node)
    return voice(reader, option.node) if name == "voice" else reader.thing(option.node)


def _ordered(options: list[Option]) -> list[Option]:
    """Put verdicts in the order all pages have; the rest stays in the order of the text."""
    order = list(VERDICT_SYMBOLS)
    return sorted(options, key=lambda o: order.index(o.key) if o.key in order else len(order))


def voice(reader: Reader, node: NamedNode) -> Voice:
    """Show a voice with its sign."""
    name = last_part(node)
    return Voice(name if name in VOICES else "other", reader.thing(node))


class _Gathering:
    """The passages of one page, with names that no two things on it share."""

    def __init__(self, reader: Reader, text: Text, words: str | None, choices: Choices) -> None:
        self.reader, self.words, self.choices = reader, words, choices
        self.longest = max(passage.length for passage in text.passages)
        self.names: dict[str, str] = {}
        self.shown: set[tuple[int, str]] = set()

    def passage(self, passage: Passage, part: int) -> PassageView:
        """Show a passage, with the claims that fit."""
        reader, look = self.reader, self.reader.look
        fitting = [claim for claim in passage.claims if self.choices.fits(claim)]
        share = len(set(map(_manner, fitting))) == 1
        speakers = dict.fromkeys(s for claim in fitting for s in claim.speakers)
        return PassageView(
            anchor=self.name(passage.iri),
            part=part,
            href=reader.addresses.href(passage.iri),
            label=look.label(passage.iri, reader.lang),
            boilerplate=passage.boilerplate,
            places=passage.places,
            voices=[voice(reader, v) for v in dict.fromkeys(_voices(passage))],
            speakers=[reader.thing(speaker) for speaker in speakers],
            share=share,
            claims=len(passage.claims),
            rows={claim.iri.value: self.row(claim, part) for claim in fitting},
            bar=draw_bar(passage, self.longest, self.face, self.choices.fits),
            words=[] if self.words is None else underline_copies(passage, fitting, self.words),
            leaves_open=reader.things(passage.iri, look.terms.not_stated),
        )

    def row(self, claim: PlacedClaim, part: int) -> Row:
        """Show a claim; its anchor is given once on a page."""
        repeated = (part, claim.iri.value) in self.shown
        self.shown.add((part, claim.iri.value))
        return claim_row(self.reader, claim, self.name(claim.iri), repeated=repeated)

    def face(self, claim: PlacedClaim) -> tuple[str, str]:
        """Give class and sign of a claim's verdict."""
        if claim.verdict is None:
            return "other", "•"
        shown = badge(self.reader, claim.verdict)
        return shown.slug, shown.symbol

    def name(self, node: NamedNode) -> str:
        """Make an id that nothing else on the page has."""
        if node.value not in self.names:
            plain = to_anchor(node)
            taken = set(self.names.values())
            numbered = (f"{plain}-{n}" for n in range(2, len(taken) + 3))
            free = (name for name in (plain, *numbered) if name not in taken)
            self.names[node.value] = next(free)
        return self.names[node.value]


def _voices(passage: Passage) -> Iterator[NamedNode]:
    return (node for claim in passage.claims for node in claim.voices)


def claim_row(
    reader: Reader, claim: PlacedClaim, anchor: str = "", *, repeated: bool = True
) -> Row:
    """Show a claim in a line."""
    look = reader.look
    return Row(
        anchor=anchor,
        repeated=repeated,
        href=reader.addresses.href(claim.iri) or "",
        code=reader.notation(claim.iri),
        text=look.text(claim.iri, SCHEMA_TEXT, reader.lang) or look.label(claim.iri, reader.lang),
        badge=badge(reader, claim.verdict) if claim.verdict else None,
        voices=[voice(reader, node) for node in claim.voices],
        speakers=[reader.thing(node) for node in claim.speakers],
    )
