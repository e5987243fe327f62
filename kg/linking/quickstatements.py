"""Drafts of corrections to Wikidata in QuickStatements (version 1), for a person to consider.

Nothing here sends anything. A line adds a value beside those that are there, with our source as its
reference; which of the two is right is for the person to say, and Wikidata keeps both.
"""

import re
from pathlib import Path

from pyoxigraph import Literal

from kg.errors import LinkError
from kg.linking.things import Said
from kg.linking.wikidata import REFERENCE_URL, Point

# The precision that Wikidata gives a year, a month, a day.
_PRECISION = {4: 9, 7: 10, 10: 11}
_PLAIN_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def to_line(item: str, property: str, value: str, said: Said, remark: str) -> str:
    """Write one statement to add, referenced to our source's address, else to our claim."""
    address = next((s.address for s in said.sources if s.address), None)
    if address is None and said.claims:
        address = said.claims[0].value
    reference = f"|S{REFERENCE_URL[1:]}|{to_text(address)}" if address else ""
    comment = remark.replace("*/", "* /")
    return f"{item}|{property}|{value}{reference} /* {comment} */"


def to_date(said: Said) -> str | None:
    """Write a date; None for one that QuickStatements cannot say, such as a choice of two days."""
    text = said.value.value
    if not isinstance(said.value, Literal) or not _PLAIN_DATE.fullmatch(text):
        return None
    day = (text + "-00-00")[:10]
    return f"+{day}T00:00:00Z/{_PRECISION[len(text)]}"


def to_point(point: Point) -> str:
    """Write a place on the globe."""
    return f"@{point.latitude}/{point.longitude}"


def to_text(text: str) -> str:
    """Write a string; QuickStatements knows no escape for its quotation marks."""
    return '"' + text.replace('"', "'") + '"'


def write_draft(path: Path, lines: list[str]) -> None:
    """Write a draft, an empty one if there is nothing to suggest.

    Raises LinkError when the file cannot be written.
    """
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise LinkError(f"the draft cannot be written: {error.strerror}", str(path)) from None
