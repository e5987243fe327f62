"""Spans and passages: with the rules that need no text, and against the article itself."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import LIGHTHOUSE, Edit
from hypothesis import example, given
from hypothesis import strategies as st

from kg.check import check_folder
from kg.copying import COPIED_WORDS
from kg.errors import ArticleError
from kg.findings import Finding
from kg.passages import Passages, check_article, check_spans, uncovered_ranges
from kg.project import Project, read_project
from kg.sources import parse_turtle

SPANS = "data/spans.ttl"
PASSAGES = "data/passages.ttl"
CLAIMS = "data/claims/article.trig"
TEXT = (LIGHTHOUSE / "article.txt").read_text(encoding="utf-8")


def only(root: Path) -> Finding:
    """The one finding that checking without the text gives."""
    (finding,) = check_folder(root)
    return finding


def compare(root: Path, article: Path | None = None) -> list[Finding]:
    """What checking against the text gives."""
    return check_article(read_project(root), article or root / "article.txt")


def test_the_lighthouse_agrees_with_its_article(tiny_project: Path) -> None:
    assert check_folder(tiny_project) == []
    assert compare(tiny_project) == []


def test_a_span_outside_the_text_is_found_without_the_text(tiny_project: Path, edit: Edit) -> None:
    edit(SPANS, "span:104-128", "span:104-428")
    edit(CLAIMS, "span:104-128", "span:104-428")
    edit(SPANS, '"128"^^', '"428"^^')
    found = {finding.rule: finding for finding in check_folder(tiny_project)}
    assert set(found) == {"bad span", "span outside its passage"}
    assert found["bad span"].message == (
        "span:104-428 ends at 428, outside the text of 327 code points; correct the offsets"
    )
    assert found["bad span"].path == SPANS


def test_an_empty_span_is_found(tiny_project: Path, edit: Edit) -> None:
    edit(SPANS, "span:104-128", "span:104-104")
    edit(CLAIMS, "span:104-128", "span:104-104")
    line = edit(SPANS, '"128"^^', '"104"^^') - 1
    assert only(tiny_project) == Finding(
        "bad span",
        "span:104-104 is empty: it starts at 104 and ends at 104; the end is exclusive, so add one",
        SPANS,
        line,
    )


def test_a_span_is_named_by_its_offsets(tiny_project: Path, edit: Edit) -> None:
    line = edit(SPANS, '"104"^^', '"105"^^')
    assert only(tiny_project) == Finding(
        "bad span", "span:104-128 runs from 105 to 128; name it by its offsets", SPANS, line
    )


def test_a_claims_span_must_lie_in_its_passage(tiny_project: Path, edit: Edit) -> None:
    line = edit(CLAIMS, "lho:span span:104-128", "lho:span span:0-24, span:35-59, span:104-128")
    first, second = check_folder(tiny_project)
    assert first.rule == second.rule == "span outside its passage"
    assert (first.path, first.line) == (CLAIMS, line)
    assert first.message == (
        "span:0-24 of claim:n1 lies outside passage:s1; correct the span or the passage"
    )


def test_a_claim_names_every_copy_of_its_words(tiny_project: Path, edit: Edit) -> None:
    line = edit(CLAIMS, "span:0-24, span:35-59", "span:0-24")
    found = [finding for finding in check_folder(tiny_project) if finding.path == CLAIMS]
    assert found == [
        Finding(
            "copy left out",
            "claim:t1 leaves out a copy of its words; add the span 35-59",
            CLAIMS,
            line,
        )
    ]


def test_passages_do_not_overlap(tiny_project: Path, edit: Edit) -> None:
    edit(SPANS, "span:130-194", "span:128-194")
    edit(SPANS, '"130"^^', '"128"^^')
    line = edit(PASSAGES, "span:130-194", "span:128-194")
    assert only(tiny_project) == Finding(
        "passages overlap",
        "passage:s1 and passage:s2 share characters 128 to 129; a character belongs to one passage",
        PASSAGES,
        line,
    )


def test_spans_need_to_know_their_text(tiny_project: Path, edit: Edit) -> None:
    edit("data/article.ttl", " ;\n    lho:characters 327", "")
    finding = only(tiny_project)
    assert (finding.rule, finding.path) == ("bad span", SPANS)
    assert "give its lho:characters in data/article.ttl" in finding.message


def test_the_wrong_text_is_told_by_its_hash(tiny_project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(TEXT.replace("first lit", "first lid"))
    (finding,) = compare(tiny_project, other)
    assert (finding.rule, finding.path) == ("wrong article", str(other))
    assert finding.message.startswith("this is not the text the spans count in: SHA-256 ")
    assert finding.message.endswith("; words and coverage were not checked")
    assert "schema:sha256" in finding.message


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda text: text.replace("\n", "\r\n"), "its line ends are CRLF, make them LF"),
        (lambda text: text + "\n", "take the empty line off its end"),
        (
            lambda text: text.replace("\n", "\r\n") + "\r\n",
            "make its line ends LF and take the last one off",
        ),
    ],
)
def test_a_text_changed_by_an_editor_is_told_how_to_mend_it(
    tiny_project: Path, tmp_path: Path, change: object, hint: str
) -> None:
    assert callable(change)
    other = tmp_path / "other.txt"
    other.write_bytes(change(TEXT).encode())
    assert any(hint in finding.message for finding in compare(tiny_project, other))


def test_a_shorter_text_shows_which_spans_lie_outside(tiny_project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(TEXT[:300])
    rules = [(finding.rule, finding.path) for finding in compare(tiny_project, other)]
    assert rules.count(("wrong article", str(other))) == 2
    assert rules.count(("bad span", SPANS)) == 1


def test_a_wrong_length_is_found(tiny_project: Path, edit: Edit) -> None:
    edit("data/article.ttl", "lho:characters 327", "lho:characters 331")
    (finding,) = compare(tiny_project)
    assert finding.message == (
        "the text has 327 code points, the project says 331; "
        "use the right text or correct the number"
    )


def test_offsets_count_code_points_not_bytes(tiny_project: Path) -> None:
    """The quotation marks of the article are three bytes each."""
    passages = Passages(read_project(tiny_project))
    base = "https://example.org/lighthouse/id/"
    (span,) = passages.of(base + "claim/q1")
    assert TEXT[span.start : span.end] == "the beam is “the soul of the coast”"
    assert TEXT.encode()[span.start : span.end].decode() != TEXT[span.start : span.end]


def move(edit: Edit, old: str, new: str) -> None:
    """Rename a span everywhere and give it its new offsets."""
    edit(SPANS, f"span:{old}", f"span:{new}")
    edit(CLAIMS, f"span:{old}", f"span:{new}")
    for before, after in zip(old.split("-"), new.split("-"), strict=True):
        if before != after:
            edit(SPANS, f'"{before}"^^', f'"{after}"^^')


def test_a_span_cuts_no_word(tiny_project: Path, edit: Edit) -> None:
    move(edit, "104-128", "105-128")
    (finding,) = compare(tiny_project)
    assert (finding.rule, finding.path) == ("bad span", SPANS)
    assert finding.message == "span:105-128 cuts a word at 105; move the offset to its edge"


def test_a_span_has_no_space_at_its_ends(tiny_project: Path, edit: Edit) -> None:
    move(edit, "104-128", "103-128")
    (finding,) = compare(tiny_project)
    assert finding.message == (
        "span:103-128 begins or ends with white space; move the offsets to the words"
    )


def test_text_in_no_passage_is_listed_with_offsets_and_line(tiny_project: Path, edit: Edit) -> None:
    edit(PASSAGES, "    lho:span span:0-34, span:35-69 .", "    lho:span span:0-34 .")
    edit(CLAIMS, "span:0-24, span:35-59", "span:0-24")
    article = tiny_project / "article.txt"
    assert Finding(
        "text not covered",
        'characters 35 to 69 ("Old Light at ...") lie in no passage; '
        "state what they claim, or mark the passage as boilerplate",
        str(article),
        2,
    ) in compare(tiny_project)


def test_a_passage_without_claims_is_not_covered(tiny_project: Path, edit: Edit) -> None:
    edit(PASSAGES, " ;\n    lho:boilerplate true .", " .")
    (finding,) = compare(tiny_project)
    assert finding.rule == "text not covered"
    assert "only in passage:b, which no claim uses" in finding.message
    assert finding.line == 5


def test_coverage_shows_three_words_at_most(tiny_project: Path, edit: Edit) -> None:
    edit(PASSAGES, " ;\n    lho:boilerplate true .", " .")
    (finding,) = compare(tiny_project)
    shown = finding.message.split('"')[1]
    assert shown == "Subscribe to our ..."


def test_a_wording_stands_in_the_spans_of_its_claim(tiny_project: Path, edit: Edit) -> None:
    line = edit(CLAIMS, "the soul of the coast", "the heart of the coast")
    (finding,) = compare(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("wording not in the text", CLAIMS, line)
    assert "does not stand in the spans of claim:q1" in finding.message


def test_a_translated_wording_is_not_looked_up(tiny_project: Path, edit: Edit) -> None:
    edit(CLAIMS, '"the soul of the coast"@en', '"die Seele der Küste"@de')
    assert compare(tiny_project) == []


def test_a_sentence_of_the_article_may_not_stand_in_the_sources(
    tiny_project: Path, edit: Edit
) -> None:
    words = " ".join(TEXT.splitlines()[2].split()[:COPIED_WORDS])
    line = edit(CLAIMS, "The paper dates the first lighting to 3 May 1874.", words)
    (finding,) = compare(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("article copied", CLAIMS, line)
    assert words not in finding.message


def test_eight_words_of_the_article_may_be_quoted(tiny_project: Path, edit: Edit) -> None:
    words = " ".join(TEXT.splitlines()[2].split()[: COPIED_WORDS - 1])
    edit(CLAIMS, "The paper dates the first lighting to 3 May 1874.", words)
    assert compare(tiny_project) == []


def test_an_address_may_spell_out_the_headline(tiny_project: Path, edit: Edit) -> None:
    slug = "-".join(re.findall(r"\w+", TEXT.splitlines()[2]))
    assert slug.count("-") >= COPIED_WORDS
    held = "The paper dates the first lighting to 3 May 1874."
    line = edit(CLAIMS, held, f"{held[:-1]}, at <https://example.org/1874/{slug}.html>.")
    assert compare(tiny_project) == []
    edit(CLAIMS, f"<https://example.org/1874/{slug}.html>", f"https://example.org/1874/{slug}")
    (finding,) = compare(tiny_project)
    assert (finding.rule, finding.line) == ("article copied", line)


def test_comments_of_queries_and_mappings_are_searched_too(tiny_project: Path, edit: Edit) -> None:
    words = TEXT.splitlines()[2]
    edit("data/queries/01-first-lit.rq", "When was a light first lit", words[:50])
    edit("data/links/wikidata.sssom.tsv", "Another port altogether.", words[:50])
    found = {(f.rule, f.path, f.record) for f in compare(tiny_project)}
    assert found == {
        ("article copied", "data/queries/01-first-lit.rq", None),
        ("article copied", "data/links/wikidata.sssom.tsv", "row 2"),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "the file does not exist"), (b"\xff", "not UTF-8"), ("folder", "this is a folder")],
)
def test_an_article_that_cannot_be_read_is_an_error(
    tiny_project: Path, tmp_path: Path, content: bytes | str | None, message: str
) -> None:
    article = tmp_path / "given.txt"
    if content == "folder":
        article.mkdir()
    elif isinstance(content, bytes):
        article.write_bytes(content)
    with pytest.raises(ArticleError, match=message) as caught:
        compare(tiny_project, article)
    assert caught.value.path == str(article)


LENGTH = len(TEXT)


def with_span(start: int, end: int) -> Project:
    """The lighthouse with claim n1 pointing to one span of any size."""
    project = read_project(LIGHTHOUSE)
    offsets = {"104": str(start), "128": str(end)}
    files = []
    for file in project.files:
        text = file.text.replace("span:104-128", f"span:{start}-{end}")
        if file.path == SPANS:
            text = re.sub(r'"(104|128)"', lambda match: f'"{offsets[match[1]]}"', text)
        files.append(parse_turtle(text, file.path, file.layer))
    return replace(project, files=tuple(files))


@given(st.integers(0, LENGTH + 50), st.integers(0, LENGTH + 50))
@example(128, 70)
@example(104, 128)
def test_any_span_is_judged_by_range_and_passage(start: int, end: int) -> None:
    rules = {finding.rule for finding in check_spans(with_span(start, end))}
    empty_or_outside = start >= end or end > LENGTH
    inside_the_sentence = start >= 70 and end <= 129
    assert ("bad span" in rules) == empty_or_outside
    assert ("span outside its passage" in rules) == (not inside_the_sentence)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=5))
def test_uncovered_ranges_are_exactly_what_no_span_covers(pairs: list[tuple[int, int]]) -> None:
    text = "ab cd  efg\nh i jklm" * 3
    covered = {n for start, length in pairs for n in range(start, start + length)}
    found = list(uncovered_ranges([(start, start + length) for start, length in pairs], text))
    listed = {n for start, end in found for n in range(start, end) if not text[n].isspace()}
    assert listed == {n for n in range(len(text)) if n not in covered and not text[n].isspace()}
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in found)
