"""What can go wrong in a benchmark."""

from __future__ import annotations

from kg.errors import KnowledgeError


class BenchError(KnowledgeError):
    """A benchmark that cannot be run; the message says what is missing and how to get it."""
