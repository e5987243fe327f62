"""The reconciliation service: lists of names matched against the things of a release.

Reconciliation Service API 0.2 (https://reconciliation-api.github.io/specs/0.2/), as OpenRefine and
other tools speak it.
"""
