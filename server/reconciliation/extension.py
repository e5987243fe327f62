"""Give the values of properties (Reconciliation Service API 0.2, section 7): accepted ones only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg.matching.reading import read_values
from kg.terms import XSD
from server.reconciliation.asking import Extension
from server.reconciliation.catalogue import Catalogue
from server.refusals import ProblemError

PROPOSED = 50
"""How many properties are proposed where nobody says how many."""
SETTINGS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "label": "Most values",
        "type": "number",
        "default": 0,
        "help_text": "How many values to give at most; 0 for all.",
    },
    {
        "name": "language",
        "label": "Language",
        "type": "text",
        "default": "",
        "help_text": "Give texts in this language only, such as en, de or ru; empty for all.",
    },
]
_WHOLE = re.compile(r"[+-]?[0-9]+\Z")
_INTEGERS = frozenset(
    f"{XSD}{name}" for name in ("integer", "int", "long", "short", "nonNegativeInteger", "gYear")
)
_DECIMALS = frozenset(f"{XSD}{name}" for name in ("decimal", "double", "float"))
_INSTANT = re.compile(r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


def extend(catalogue: Catalogue, asked: Extension) -> dict[str, Any]:
    """Answer a data extension query; an unknown thing, or one without a value, has no values."""
    properties = [(id, catalogue.to_iri(id), settings) for id, settings in asked.properties]
    for id, _, settings in properties:
        _check_settings(id, settings)
    names = {term.iri: term.name for term in catalogue.properties()}
    meta = [{"id": id, "name": names.get(iri) or id} for id, iri, _ in properties]
    columns = {id: (iri, of) for id, iri, of in properties}
    rows = {
        thing: {id: list(_values(catalogue, thing, *of)) for id, of in columns.items()}
        for thing in dict.fromkeys(asked.ids)
    }
    return {"meta": meta, "rows": rows}


def propose(catalogue: Catalogue, type: str, limit: int) -> dict[str, Any]:
    """Propose the properties that things of a type have, most used first."""
    known = catalogue.properties(catalogue.to_iri(type) if type else "")[:limit]
    proposed = [{"id": term.id, "name": term.name} for term in known]
    return {"type": type, "limit": limit, "properties": proposed}


def _values(
    catalogue: Catalogue, id: str, property: str, settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    thing = catalogue.find(id)
    if thing is None or not _is_iri(property):
        return
    language, most = settings.get("language"), int(settings.get("limit") or 0)
    found = [
        term
        for term in read_values(catalogue.site.store, thing.iri, property)
        if not language or not isinstance(term, Literal) or term.language in (None, language)
    ]
    for term in found[:most] if most else found:
        yield _to_literal(term) if isinstance(term, Literal) else _to_thing(catalogue, term)


def _to_thing(catalogue: Catalogue, node: NamedNode) -> dict[str, Any]:
    """Write a thing of ours with its name; any other IRI is a text, being in no space of ours."""
    known = catalogue.index.get(node.value)
    if known is None:
        return {"str": node.value}
    return {"id": catalogue.to_id(known.iri), "name": known.name}


def _to_literal(literal: Literal) -> dict[str, Any]:
    """Write a literal; a year or a span of days is a text, for the API knows instants only."""
    datatype, text = literal.datatype.value, literal.value
    if datatype in _INTEGERS and _WHOLE.match(text):
        return {"int": int(text)}
    if datatype in _DECIMALS and text.lower() not in ("nan", "inf", "-inf", "+inf"):
        return {"float": float(text)}
    if datatype == f"{XSD}date" and _INSTANT.match(f"{text}T00:00:00") and len(text) == 10:
        return {"date": f"{text}T00:00:00"}
    if datatype == f"{XSD}dateTime" and _INSTANT.match(text):
        return {"date": text}
    return {"str": text}


def _check_settings(id: str, settings: Mapping[str, Any]) -> None:
    limit, language = settings.get("limit"), settings.get("language")
    known = {setting["name"] for setting in SETTINGS}
    unknown = sorted(set(settings) - known)
    if unknown:
        detail = f"extend: {id} has no setting {unknown[0]}; known are {', '.join(sorted(known))}."
        raise ProblemError(400, "bad-request", detail)
    if limit is not None and not _is_count(limit):
        detail = f"extend: limit of {id} is a whole number from 0 on."
        raise ProblemError(400, "bad-request", detail)
    if language is not None and not isinstance(language, str):
        detail = f"extend: language of {id} is a text such as en."
        raise ProblemError(400, "bad-request", detail)


def _is_count(value: Any) -> bool:
    """Tell a whole number; clients may send it as text."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return not isinstance(value, bool) and text.isascii() and text.isdecimal() and len(text) < 9


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True
