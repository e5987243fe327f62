"""Lines under words: nothing of the words is lost, and overlapping claims stay apart."""

from hypothesis import given
from hypothesis import strategies as st

from server.articles import Place
from server.pages.underlines import Piece, underline

WORDS = "one two three four five"


def test_words_without_a_claim_are_one_piece() -> None:
    assert underline(WORDS, {}) == [Piece(WORDS)]


def test_a_claim_within_another_lies_nearer_to_the_words() -> None:
    marked = {"long": [Place(0, 13)], "short": [Place(4, 7)]}
    assert underline(WORDS, marked) == [
        Piece("one ", ((1, "long"),)),
        Piece("two", ((1, "long"), (0, "short")), ("short",)),
        Piece(" three", ((1, "long"),), ("long",)),
        Piece(" four five"),
    ]


def test_claims_that_cross_each_keep_a_lane_of_their_own() -> None:
    marked = {"a": [Place(0, 7)], "b": [Place(4, 18)]}
    lanes = [piece.lines for piece in underline(WORDS, marked)]
    assert lanes == [((0, "a"),), ((1, "b"), (0, "a")), ((1, "b"),), ()]


def test_claims_that_do_not_meet_share_a_lane() -> None:
    marked = {"a": [Place(0, 3)], "b": [Place(4, 7)]}
    assert {piece.lines for piece in underline(WORDS, marked)} == {((0, "a"),), (), ((0, "b"),)}


def test_a_claim_on_two_places_ends_twice() -> None:
    pieces = underline(WORDS, {"a": [Place(0, 3), Place(8, 13)]})
    assert [piece.words for piece in pieces if piece.ends == ("a",)] == ["one", "three"]


@st.composite
def marked_words(draw: st.DrawFn) -> tuple[str, dict[str, list[Place]]]:
    words = draw(st.text(min_size=1, max_size=30))
    edges = st.integers(0, len(words))
    place = st.tuples(edges, edges).filter(lambda p: p[0] < p[1]).map(lambda p: Place(*p))
    places = st.lists(place, min_size=1, max_size=3, unique=True)
    return words, draw(st.dictionaries(st.sampled_from("abcdef"), places, max_size=6))


@given(marked_words())
def test_every_word_is_kept_and_every_claim_marks_just_its_own(
    given_words: tuple[str, dict[str, list[Place]]],
) -> None:
    words, marked = given_words
    pieces = underline(words, marked)
    assert "".join(piece.words for piece in pieces) == words
    at = 0
    for piece in pieces:
        here = range(at, at + len(piece.words))
        at += len(piece.words)
        covering = {c for c, places in marked.items() if any(here[0] in range(*p) for p in places)}
        assert {claim for _, claim in piece.lines} == covering
        lanes = [lane for lane, _ in piece.lines]
        assert lanes == sorted(set(lanes), reverse=True)
        ending = {c for c, places in marked.items() if any(p.end == at for p in places)}
        assert set(piece.ends) == ending
