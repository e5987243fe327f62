"""What the service says of itself (Reconciliation Service API 0.2, section 3.1)."""

from __future__ import annotations

from typing import Any

from kg import __version__
from server.reconciliation.catalogue import Catalogue
from server.reconciliation.extension import SETTINGS

VERSIONS = ["0.2"]
DEFAULT_TYPES = 8
WIDTH, HEIGHT = 430, 260
"""The frame of a preview, in pixels."""


def to_manifest(catalogue: Catalogue, root: str) -> dict[str, Any]:
    """Describe the service that visitors reach under `root`, which ends without a slash."""
    site = catalogue.site
    types = list(catalogue.types.values())[:DEFAULT_TYPES]

    def suggest(what: str) -> dict[str, str]:
        return {"service_url": root, "service_path": f"/reconcile/suggest/{what}"}

    return {
        "versions": VERSIONS,
        "name": site.title("en").value,
        "identifierSpace": f"{site.base}id/",
        "schemaSpace": f"{site.base}def#",
        "documentation": f"{root}/reconcile.html",
        "serviceVersion": __version__,
        "defaultTypes": [{"id": type.id, "name": type.name} for type in types],
        "view": {"url": f"{root}/reconcile/view?id={{{{id}}}}"},
        "feature_view": {"url": f"{root}/reconcile.html#{{{{id}}}}"},
        "preview": {
            "url": f"{root}/reconcile/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": {what: suggest(what) for what in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/reconcile/properties"},
            "property_settings": SETTINGS,
        },
        "batchSize": site.settings.reconcile_queries,
    }
