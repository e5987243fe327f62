"""The article read critically: its passages as a map, the claims of each, its words if given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.terms import SCHEMA, SCHEMA_TEXT
from server.articles import PARAMETERS, Passage, Place, PlacedClaim, Text, last_part, read_texts
from server.lookups import Text as Words
from server.negotiation import HTML
from server.pages.cards import Badge, badge
from server.pages.choices import Choices, Option, read_choices
from server.pages.frame import page_reader, show
from server.pages.strip import Bar, Ribbon, draw_bar, draw_ribbon
from server.pages.underlines import Piece, underline_copies
from server.pages.values import Reader, Shown
from server.pages.wording import VERDICT_SYMBOLS
from server.refusals import ProblemError
from server.replies import reply
from server.site import current_site

pages = Blueprint("article", __name__)

VOICES = ("headline", "narration", "paraphrase", "quotation", "quoted-fragment", "caption")
"""The voices that have a sign of their own; the others share one."""

COPYRIGHT_NOTICE = NamedNode(SCHEMA + "copyrightNotice")
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
    """A passage: its bar, its claims, its words. What all its claims share is said once."""

    anchor: str
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
    """Everything the page of a text shows."""

    article: Shown
    notices: list[Words]
    lang: str | None
    has_words: bool
    sha256: str
    ribbon: Ribbon
    passages: list[PassageView]
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
    words = current_site().words.get(text.sha256)
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
    parts = list(split_parts(text.passages, current_site().settings.page_links))
    part = min(max(1, request.args.get("part", 1, type=int)), len(parts))
    gathering = _Gathering(reader, text, words, choices)
    return ArticleView(
        article=reader.thing(text.article),
        notices=reader.texts(text.article, COPYRIGHT_NOTICE),
        lang=text.lang,
        has_words=words is not None,
        sha256=text.sha256,
        ribbon=draw_ribbon(text, gathering.face, choices.fits),
        passages=[gathering.passage(passage) for passage in parts[part - 1]],
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


def split_parts(passages: tuple[Passage, ...], most: int) -> Iterator[list[Passage]]:
    """Part a long text into pages of at most so many passages and claims together."""
    part: list[Passage] = []
    weight = 0
    for passage in passages:
        weight += 1 + len(passage.claims)
        if part and weight > most:
            yield part
            part, weight = [], 1 + len(passage.claims)
        part.append(passage)
    yield part


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
        self.shown: set[str] = set()

    def passage(self, passage: Passage) -> PassageView:
        """Show a passage, with the claims that fit."""
        reader, look = self.reader, self.reader.look
        fitting = [claim for claim in passage.claims if self.choices.fits(claim)]
        manners = {(claim.voices, claim.speakers) for claim in fitting}
        share = len(manners) == 1
        speakers = dict.fromkeys(s for claim in fitting for s in claim.speakers)
        return PassageView(
            anchor=self.name(passage.iri),
            href=reader.addresses.href(passage.iri),
            label=look.label(passage.iri, reader.lang),
            boilerplate=passage.boilerplate,
            places=passage.places,
            voices=[voice(reader, v) for v in dict.fromkeys(_voices(passage))],
            speakers=[reader.thing(speaker) for speaker in speakers],
            share=share,
            claims=len(passage.claims),
            rows={claim.iri.value: self.row(claim) for claim in fitting},
            bar=draw_bar(passage, self.longest, self.face, self.choices.fits),
            words=[] if self.words is None else underline_copies(passage, fitting, self.words),
            leaves_open=reader.things(passage.iri, look.terms.not_stated),
        )

    def row(self, claim: PlacedClaim) -> Row:
        """Show a claim; its anchor is given once on a page."""
        repeated = claim.iri.value in self.shown
        self.shown.add(claim.iri.value)
        return claim_row(self.reader, claim, self.name(claim.iri), repeated=repeated)

    def face(self, claim: PlacedClaim) -> tuple[str, str]:
        """Give class and sign of a claim's verdict."""
        if claim.verdict is None:
            return "other", "•"
        shown = badge(self.reader, claim.verdict)
        return shown.slug, shown.symbol

    def name(self, node: NamedNode) -> str:
        """Make an id of the last parts of an IRI: `claim-c3-4`."""
        if node.value not in self.names:
            plain = "-".join(re.findall(r"[A-Za-z0-9]+", "/".join(node.value.split("/")[-2:])))
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
