"""Is a literal's text valid for its datatype? Asked before any RDF library can rewrite it.

XSD is judged by elementpath (XSD 1.1), EDTF (ISO 8601-2) by the edtf library with a calendar check
of its own. Both libraries are imported on first use: most commands need neither.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from pyoxigraph import Literal

from kg.terms import EDTF, RDF, XSD

_EXAMPLES = {
    "boolean": "true",
    "date": "2024-05-17",
    "dateTime": "2024-05-17T16:40:00",
    "time": "16:40:00",
    "gYear": "2024",
    "gYearMonth": "2024-05",
    "gMonthDay": "--05-17",
    "integer": "17",
    "nonNegativeInteger": "17",
    "decimal": "0.75",
    "duration": "P3D",
    "anyURI": "https://example.org/",
}
# The XSD types RDF 1.1 section 5.1 allows; QName, ENTITY, xs:error and the like have no place here.
_XSD_NAMES = """
    string boolean decimal integer double float date time dateTime dateTimeStamp gYear gMonth gDay
    gYearMonth gMonthDay duration yearMonthDuration dayTimeDuration byte short int long
    unsignedByte unsignedShort unsignedInt unsignedLong positiveInteger nonNegativeInteger
    negativeInteger nonPositiveInteger hexBinary base64Binary anyURI language normalizedString
    token NMTOKEN Name NCName
"""
_XSD_TYPES = frozenset(XSD + name for name in _XSD_NAMES.split())
_EDTF_TYPES = frozenset(EDTF + "EDTF" + level for level in ("", "-level0", "-level1", "-level2"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")

# RFC 5646 section 2.1, well-formed tags (langtag, privateuse; no irregular grandfathered ones).
_LANGUAGE_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+",
    re.ASCII | re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?[?~%]?", re.ASCII)
_UNSPECIFIED = re.compile(r"(\d\dXX|\d{3}X)|(\d{4})-XX(?:-XX)?|(\d{4}-\d\d)-XX", re.ASCII)
_WHOLE_DATE = re.compile(r"(?<![\dX])(\d{4})-(\d\d)-(\d\d)", re.ASCII)

Bounds = tuple[date | None, date | None]


def literal_error(literal: Literal) -> str | None:
    """Say what is wrong with a literal's text, its datatype or its language tag; None if nothing.

    Datatypes other than XSD's and EDTF's are not judged.

    >>> from pyoxigraph import NamedNode
    >>> literal_error(Literal("2023-02-30", datatype=NamedNode(XSD + "date")))
    '"2023-02-30" is no xsd:date (day is out of range for month); write it like 2024-05-17'
    """
    return text_error(literal.value, literal.datatype.value, literal.language or "")


@cache
def is_language_tag(tag: str) -> bool:
    """Tell whether a language tag is well-formed by RFC 5646."""
    return _LANGUAGE_TAG.fullmatch(tag) is not None


def is_known_datatype(iri: str) -> bool:
    """Tell whether `literal_error` can judge the datatype."""
    return iri in _XSD_TYPES or iri in _EDTF_TYPES or iri == RDF + "langString"


def edtf_bounds(text: str) -> Bounds:
    """Give the first and last day an EDTF text allows, taken strictly (`~` widens nothing).

    None stands for an open or unknown side, and for years outside 1 to 9999. Raises ValueError
    with a sentence when the text is not EDTF.

    >>> edtf_bounds("2022-09/2023-02")
    (datetime.date(2022, 9, 1), datetime.date(2023, 2, 28))
    """
    if re.search(r"\s", text):
        raise ValueError("it contains a space")
    bounds = plain_bounds(text) or _library_bounds(text)
    first, last = bounds
    if first and last and first > last:
        raise ValueError("it ends before it begins")
    return bounds


def text_error(value: str, datatype: str, language: str = "") -> str | None:
    """Say what `literal_error` says, of the parts of a literal."""
    control = _CONTROL.search(value)
    if control:
        return f"the text holds the control character U+{ord(control[0]):04X}; take it out"
    if language:
        if is_language_tag(language):
            return None
        return f"@{language} is no language tag; write one like @en or @de-AT"
    if datatype == XSD + "string":
        return None
    return _datatype_error(value, datatype)


@cache
def _datatype_error(value: str, datatype: str) -> str | None:
    if datatype.startswith(XSD):
        return _xsd_error(value, datatype[len(XSD) :])
    if datatype in _EDTF_TYPES:
        try:
            edtf_bounds(value)
        except ValueError as error:
            examples = "2024-05-17, 2024-05-17/2024-05-19 or [2024-05-17,2024-05-18]"
            return f'"{_short(value)}" is no EDTF date ({error}); write it like {examples}'
    return None


def _xsd_error(value: str, name: str) -> str | None:
    if XSD + name not in _XSD_TYPES:
        return f"xsd:{name} is no datatype for RDF; use one that RDF 1.1 section 5.1 lists"
    reason = _xsd_reason(value, name)
    if reason is None:
        return None
    example = f"; write it like {_EXAMPLES[name]}" if name in _EXAMPLES else "; correct the text"
    return f'"{_short(value)}" is no xsd:{name}{reason}{example}'


def _xsd_reason(value: str, name: str) -> str | None:
    """Say in brackets why a text is outside a type's lexical space; None when it is inside."""
    if value != value.strip() or (name == "anyURI" and re.search(r'[\s<>"{}|\\^`]', value)):
        return " (it holds a space or a sign that needs escaping)"
    kind = _atomic_type("double" if name == "float" else name)
    if not kind.is_valid(value):
        return ""
    try:
        kind.make(value)
    except (ValueError, TypeError, OverflowError) as error:
        detail = str(error)
        plain = "elementpath" not in detail and "Invalid" not in detail
        return f" ({detail})" if plain else " (the value is out of range)"
    return None


@cache
def _atomic_type(name: str) -> Any:
    from elementpath.datatypes import builtin_atomic_types

    return builtin_atomic_types[f"{{{XSD.rstrip('#')}}}{name}"]


@cache
def _edtf_parser() -> Callable[[str], Any]:
    import edtf

    parse: Callable[[str], Any] = edtf.parse_edtf
    return parse


def _short(value: str) -> str:
    shown = value.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return shown if len(shown) <= 40 else shown[:39] + "…"


def plain_bounds(text: str) -> Bounds | None:
    """Work out the bounds of everyday EDTF; None when it takes the library (25 ms a literal).

    Raises ValueError for a day no calendar has, and for an interval that ends before it begins.
    """
    if text[:1] + text[-1:] in ("[]", "{}"):
        parts = [_range_bounds(part, "..") for part in text[1:-1].split(",")]
        if any(part is None for part in parts) or (len(parts) == 1 and ".." not in text):
            return None
        firsts, lasts = zip(*(part for part in parts if part), strict=True)
        return _extreme(firsts, min), _extreme(lasts, max)
    if "/" in text:
        return _range_bounds(text, "/")
    return _day_bounds(text)


def _range_bounds(text: str, sign: str) -> Bounds | None:
    start, found, end = text.partition(sign)
    if not found:
        return _day_bounds(text)
    open_ends = ("",) if sign == ".." else ("", "..")
    first = (None, None) if start in open_ends else _day_bounds(start)
    last = (None, None) if end in open_ends else _day_bounds(end)
    if first is None or last is None or (start in open_ends and end in open_ends):
        return None
    if first[0] and last[1] and first[0] > last[1]:
        raise ValueError("it ends before it begins")
    return first[0], last[1]


def _extreme(days: tuple[date | None, ...], choose: Callable[..., date]) -> date | None:
    known = [day for day in days if day is not None]
    return choose(known) if len(known) == len(days) else None


def _day_bounds(text: str) -> Bounds | None:
    match = _DAY.fullmatch(text)
    if match is None:
        return _unspecified_bounds(text)
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if year == 0 or month > 12:
        return None
    _check_day(year, match[2], match[3])
    last_day = day or monthrange(year, month or 12)[1]
    return date(year, month or 1, day or 1), date(year, month or 12, last_day)


def _unspecified_bounds(text: str) -> Bounds | None:
    match = _UNSPECIFIED.fullmatch(text)
    if match is None:
        return None
    start = _day_bounds((match[1] or match[2] or match[3]).replace("X", "0"))
    end = _day_bounds((match[1] or match[2] or match[3]).replace("X", "9"))
    return (start[0], end[1]) if start and end else None


def _check_day(year: int, month: str | None, day: str | None) -> None:
    if month is not None and not 1 <= int(month) <= 12:
        raise ValueError(f"there is no month {month}")
    if month and day and not 1 <= int(day) <= monthrange(year, int(month))[1]:
        raise ValueError(f"there is no {year:04}-{month}-{day}")


def _library_bounds(text: str) -> Bounds:
    """Parse any EDTF; the library lets impossible days pass, so those are checked here."""
    from edtf.parser.edtf_exceptions import EDTFParseException

    for year, month, day in _WHOLE_DATE.findall(text):
        _check_day(int(year) or 4, month, day)
    try:
        parsed = _edtf_parser()(text)
    except EDTFParseException:
        raise ValueError("no form of EDTF looks like this") from None
    return _to_date(parsed.lower_strict), _to_date(parsed.upper_strict)


def _to_date(compute: Callable[[], Any]) -> date | None:
    """Turn the library's bound into a date; None when it is open, unspecified or too far away."""
    try:
        year, month, day = compute()[:3]
        return date(year, month, day)
    except (TypeError, ValueError, OverflowError):
        return None
