"""The answers of a reconciliation service: our reading of API 0.2, as JSON Schemas."""

from collections.abc import Callable
from typing import Any

import fastjsonschema

TEXT = {"type": "string", "minLength": 1}
ADDRESS = {"type": "string", "pattern": "^https?://"}
TEMPLATE = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Describe an object that has these members and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], **bounds: int) -> dict[str, Any]:
    return {"type": "array", "items": items, **bounds}


NAMED = _object({"id": TEXT, "name": TEXT})
PATH = _object({"service_url": ADDRESS, "service_path": {"type": "string", "pattern": "^/"}})
SETTING = _object(
    {"name": TEXT, "label": TEXT, "type": {"enum": ["number", "text", "checkbox", "select"]}},
    {"default": {}, "help_text": TEXT, "choices": _list(_object({"value": TEXT, "name": TEXT}))},
)
# Section 3.1.
MANIFEST = _object(
    {
        "versions": {"type": "array", "contains": {"const": "0.2"}, "items": TEXT},
        "name": TEXT,
        "identifierSpace": ADDRESS,
        "schemaSpace": ADDRESS,
    },
    {
        "defaultTypes": _list(NAMED, minItems=1),
        "documentation": ADDRESS,
        "logo": ADDRESS,
        "serviceVersion": TEXT,
        "view": _object({"url": TEMPLATE}),
        "feature_view": _object({"url": TEMPLATE}),
        "preview": _object(
            {"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}}
        ),
        "suggest": _object({}, {"entity": PATH, "property": PATH, "type": PATH}),
        "extend": _object({}, {"propose_properties": PATH, "property_settings": _list(SETTING)}),
        "batchSize": {"type": "integer", "minimum": 1},
    },
)
# Section 4.2; a feature's reason is our addition.
CANDIDATE = _object(
    {"id": TEXT, "name": TEXT, "score": {"type": "number", "minimum": 0, "maximum": 100}},
    {
        "description": TEXT,
        "type": _list(NAMED),
        "match": {"type": "boolean"},
        "features": _list(
            _object({"id": TEXT, "value": {"type": ["number", "boolean"]}}, {"reason": TEXT})
        ),
    },
)
RESULTS = {
    "type": "object",
    "additionalProperties": _object({"result": _list(CANDIDATE)}),
}
# Section 6.3.
SUGGESTIONS = _object(
    {
        "result": _list(
            _object({"id": TEXT, "name": TEXT}, {"description": TEXT, "notable": _list(NAMED)})
        )
    }
)
# Section 7.2.
PROPOSALS = _object(
    {"properties": _list(NAMED), "type": {"type": "string"}}, {"limit": {"type": "integer"}}
)
# Section 7.4: an instant has a time of day.
INSTANT = r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"
CELL = {
    "oneOf": [
        _object({}),
        _object({"id": TEXT, "name": TEXT}, {"description": TEXT}),
        _object({"str": {"type": "string"}}),
        _object({"int": {"type": "integer"}}),
        _object({"float": {"type": "number"}}),
        _object({"date": {"type": "string", "pattern": INSTANT}}),
    ]
}
EXTENSION = _object(
    {
        "meta": _list(_object({"id": TEXT, "name": TEXT}, {"type": NAMED, "service": ADDRESS})),
        "rows": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": _list(CELL)},
        },
    }
)

Check = Callable[[Any], Any]
check_manifest: Check = fastjsonschema.compile(MANIFEST)
check_results: Check = fastjsonschema.compile(RESULTS)
check_suggestions: Check = fastjsonschema.compile(SUGGESTIONS)
check_proposals: Check = fastjsonschema.compile(PROPOSALS)
check_extension: Check = fastjsonschema.compile(EXTENSION)
