"""What is known of an entity, of ours or of another catalogue, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Days = tuple[date, date]
"""The first and the last day that a date may mean."""


@dataclass(frozen=True)
class Value:
    """What a property says: a thing by its IRI, by names, or by both; a text has a name only."""

    iri: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """An entity, in words of our ontology: kinds are our classes, properties ours as well.

    `names` come with their language (empty: not said), the one to show first. `dates` and
    `values` stand by the IRI of their property. `ranks` are IRIs of ranks ever held. `note` is
    the line that tells the entity from its namesakes, `notes` such lines in other languages. What
    is left out is not known, which never counts against anybody.
    """

    iri: str = ""
    names: tuple[tuple[str, str], ...] = ()
    kinds: frozenset[str] = frozenset()
    dates: Mapping[str, tuple[Days, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    ranks: frozenset[str] = frozenset()
    note: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name to show; the IRI where it has none."""
        return self.names[0][1] if self.names else self.iri
