"""Lexical validity of literals, judged before any RDF library sees them."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.literals import (
    edtf_bounds,
    is_known_datatype,
    is_language_tag,
    literal_error,
    text_error,
)
from kg.terms import EDTF, SCHEMA, XSD


def error_of(value: str, datatype: str) -> str | None:
    return literal_error(Literal(value, datatype=NamedNode(XSD + datatype)))


days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
zones = st.sampled_from(["", "Z", "+01:00", "-11:30", "+14:00"])
valid: dict[str, st.SearchStrategy[str]] = {
    "boolean": st.sampled_from(["true", "false", "1", "0"]),
    "integer": st.integers().map(str),
    "nonNegativeInteger": st.integers(0).map(str),
    "positiveInteger": st.integers(1).map(str),
    "byte": st.integers(-128, 127).map(str),
    "unsignedShort": st.integers(0, 65535).map(str),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3).map("{:f}".format),
    "double": st.one_of(
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.sampled_from(["NaN", "INF", "-INF", "1e-3", "2E5"]),
    ),
    "date": st.builds("{}{}".format, days, zones),
    "time": st.builds("{}{}".format, st.times().map(lambda t: t.isoformat("seconds")), zones),
    "dateTime": st.builds(
        "{}{}".format, st.datetimes().map(lambda t: t.isoformat("T", "seconds")), zones
    ),
    "gYear": st.integers(1, 9999).map("{:04}".format),
    "gYearMonth": days.map(lambda day: day[:7]),
    "gMonthDay": days.map(lambda day: f"-{day[4:]}"),
    "duration": st.builds("P{}Y{}M{}DT{}H".format, *[st.integers(0, 99)] * 4),
    "hexBinary": st.binary(max_size=8).map(bytes.hex),
    "language": st.sampled_from(["en", "de-AT", "zh-Hant"]),
    "anyURI": st.sampled_from(["https://a.org/b?c=d#e", "urn:isbn:1", "mailto:a@b.org"]),
}


@given(st.data(), st.sampled_from(sorted(valid)))
def test_every_valid_text_passes(data: st.DataObject, datatype: str) -> None:
    value = data.draw(valid[datatype])
    assert error_of(value, datatype) is None


# What breaks a text of any of these types, whatever it was.
strict = sorted(set(valid) - {"anyURI", "language", "hexBinary", "duration"})
spoilers = st.sampled_from(
    [" {}", "{} ", "{}\n", "{}x", "_{}", "{}_0", "x{}", "{}..", "{},5", "(){}"]
)


@given(st.data(), st.sampled_from(strict), spoilers)
def test_every_spoilt_text_is_refused_by_name(
    data: st.DataObject, datatype: str, spoiler: str
) -> None:
    value = spoiler.format(data.draw(valid[datatype]))
    message = error_of(value, datatype)
    assert message is not None
    assert f"is no xsd:{datatype}" in message
    assert "\n" not in message


@given(st.integers(1, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_date_is_valid_exactly_when_the_calendar_has_it(year: int, month: int, day: int) -> None:
    try:
        date(year, month, day)
        exists = True
    except ValueError:
        exists = False
    assert (error_of(f"{year:04}-{month:02}-{day:02}", "date") is None) == exists


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ("circa", "gYear"),
        ("45", "gYear"),
        ("2024-05-17", "dateTime"),
        ("2024-5-17", "date"),
        ("17/05/2024", "date"),
        ("2023-02-29", "date"),
        ("2024-05-17+15:00", "date"),
        ("16:40", "time"),
        ("25:00:00", "time"),
        ("2024-05-17T24:00:01", "dateTime"),
        ("2024-13", "gYearMonth"),
        ("--04-31", "gMonthDay"),
        ("1_000", "integer"),
        ("１", "integer"),
        ("1.0", "integer"),
        ("", "integer"),
        ("-1", "nonNegativeInteger"),
        ("0", "positiveInteger"),
        ("128", "byte"),
        ("1,5", "decimal"),
        ("1e3", "decimal"),
        ("True", "boolean"),
        ("yes", "boolean"),
        ("P", "duration"),
        ("P1.5Y", "duration"),
        ("0g", "hexBinary"),
        ("a", "base64Binary"),
        ("https://a.org/b c", "anyURI"),
        ("en_GB", "language"),
    ],
)
def test_what_other_libraries_let_pass_is_refused(value: str, datatype: str) -> None:
    message = error_of(value, datatype)
    assert message is not None and message.startswith(f'"{value}" is no xsd:{datatype}')


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ("-0044-03-15", "date"),
        ("10000-01-01", "date"),
        ("2024-05-17T24:00:00", "dateTime"),
        ("01", "integer"),
        ("+5", "integer"),
        ("-0", "nonNegativeInteger"),
        ("1.", "decimal"),
        (".5", "decimal"),
        ("1", "float"),
        ("  spaces stay  ", "string"),
    ],
)
def test_unusual_but_valid_texts_pass(value: str, datatype: str) -> None:
    assert error_of(value, datatype) is None


def test_messages_give_an_example() -> None:
    assert error_of("2023-02-30", "date") == (
        '"2023-02-30" is no xsd:date (day is out of range for month); write it like 2024-05-17'
    )
    assert error_of("five", "integer") == '"five" is no xsd:integer; write it like 17'
    assert error_of("x" * 90, "gYear") == f'"{"x" * 39}…" is no xsd:gYear; write it like 2024'


def test_types_rdf_does_not_know_are_refused() -> None:
    message = error_of("a:b", "QName")
    assert message == "xsd:QName is no datatype for RDF; use one that RDF 1.1 section 5.1 lists"
    assert error_of("x", "dateTme") is not None
    assert not is_known_datatype(XSD + "QName")


def test_other_datatypes_are_left_alone() -> None:
    assert text_error("POINT(1 2)", "http://www.opengis.net/ont/geosparql#wktLiteral") is None
    assert not is_known_datatype(SCHEMA + "Text")
    assert is_known_datatype(EDTF + "EDTF")


def test_control_characters_are_refused_everywhere() -> None:
    assert literal_error(Literal("a\x00b", language="en")) == (
        "the text holds the control character U+0000; take it out"
    )
    assert literal_error(Literal("tab\tand\nline")) is None


@pytest.mark.parametrize("tag", ["en", "de-AT", "zh-Hant-TW", "sl-rozaj-biske", "de-1996", "x-a"])
def test_wellformed_language_tags_pass(tag: str) -> None:
    assert is_language_tag(tag)
    assert text_error("words", XSD + "string", tag) is None


@pytest.mark.parametrize("tag", ["", "e", "en_GB", "abcdefghi", "en-", "1en", "de-a", "ен"])
def test_malformed_language_tags_are_refused(tag: str) -> None:
    assert not is_language_tag(tag)
    if tag:
        message = text_error("words", XSD + "string", tag)
        assert message == f"@{tag} is no language tag; write one like @en or @de-AT"


def test_dates_in_edtf_have_their_bounds() -> None:
    day = date.fromisoformat
    assert edtf_bounds("2024-05-17") == (day("2024-05-17"), day("2024-05-17"))
    assert edtf_bounds("2024-02") == (day("2024-02-01"), day("2024-02-29"))
    assert edtf_bounds("2023~") == (day("2023-01-01"), day("2023-12-31"))
    assert edtf_bounds("2022-09/2023-02") == (day("2022-09-01"), day("2023-02-28"))
    assert edtf_bounds("2024-05-05/..") == (day("2024-05-05"), None)
    assert edtf_bounds("../2024") == (None, day("2024-12-31"))
    assert edtf_bounds("/2024") == (None, day("2024-12-31"))
    assert edtf_bounds("[2024-05-17,2024-05-19]") == (day("2024-05-17"), day("2024-05-19"))
    assert edtf_bounds("{2024..2026}") == (day("2024-01-01"), day("2026-12-31"))
    assert edtf_bounds("[..2024-05]") == (None, day("2024-05-31"))
    assert edtf_bounds("202X") == (day("2020-01-01"), day("2029-12-31"))
    assert edtf_bounds("2023-02-XX") == (day("2023-02-01"), day("2023-02-28"))
    assert edtf_bounds("2024-21") == (day("2024-03-01"), day("2024-05-31"))
    assert edtf_bounds("-0044") == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2023-02-30", "there is no 2023-02-30"),
        ("1900-02-29", "there is no 1900-02-29"),
        ("2024-00-10", "there is no month 00"),
        ("2024-05/2024-04", "it ends before it begins"),
        ("[2024..2023]", "it ends before it begins"),
        ("2024-05-17/19", "no form of EDTF looks like this"),
        ("unknown/2024", "no form of EDTF looks like this"),
        ("May 2024", "it contains a space"),
        ("2024 ", "it contains a space"),
        ("", "no form of EDTF looks like this"),
        ("2024-13", "no form of EDTF looks like this"),
    ],
)
def test_what_is_no_edtf_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        edtf_bounds(text)
    message = text_error(text, EDTF + "EDTF")
    assert message is not None and f"is no EDTF date ({reason}); write it like" in message


few = settings(max_examples=40)  # the library takes up to 40 ms for one text
parts = st.builds(
    lambda day, length, sign: day.isoformat()[:length] + sign,
    st.dates(date(1000, 1, 1), date(2999, 12, 31)),
    st.sampled_from([4, 7, 10]),
    st.sampled_from(["", "", "?", "~", "%"]),
)


@few
@given(parts)
def test_bounds_of_a_date_agree_with_the_library(text: str) -> None:
    assert edtf_bounds(text) == library_bounds(text)


@few
@given(parts, parts)
def test_bounds_of_an_interval_agree_with_the_library(first: str, second: str) -> None:
    text = f"{first}/{second}"
    start, end = library_bounds(text)
    if start > end:
        with pytest.raises(ValueError, match="ends before it begins"):
            edtf_bounds(text)
    else:
        assert edtf_bounds(text) == (start, end)


@few
@given(st.lists(parts.map(lambda p: p.rstrip("?~%")), min_size=2, max_size=3), st.booleans())
def test_bounds_of_a_set_span_its_members(members: list[str], one_of: bool) -> None:
    text = ("[{}]" if one_of else "{{{}}}").format(",".join(members))
    bounds = [edtf_bounds(member) for member in members]
    firsts = [first for first, _ in bounds if first]
    lasts = [last for _, last in bounds if last]
    assert edtf_bounds(text) == (min(firsts), max(lasts))
    parse_edtf(text)


@few
@given(st.text("0123456789-/.,[]{}~?%XY ", max_size=14))
def test_any_text_is_edtf_or_refused_as_the_library_does(text: str) -> None:
    """What passes here, the library takes too; it takes some days that no calendar has."""
    try:
        edtf_bounds(text)
    except ValueError:
        return
    try:
        parse_edtf(text)
    except EDTFParseException:
        pytest.fail(f"{text!r} passes but the library refuses it")


@given(st.dates(date(1000, 1, 1), date(2999, 1, 1)), st.integers(0, 800))
def test_days_within_an_interval_lie_within_its_bounds(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    assert edtf_bounds(f"{start}/{end}") == (start, end)


def library_bounds(text: str) -> tuple[date, date]:
    parsed: Any = parse_edtf(text)
    return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])
