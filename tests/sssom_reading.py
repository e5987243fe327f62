"""Say as JSON what sssom-py makes of mapping sets; run by the Python that has it (equipment.py).

Arguments are files: sssom.tsv, or Turtle. Printed is, for each, what its header says, its rows,
and what the validation by the LinkML schema, the prefix map and the CURIEs finds.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from sssom.parsers import parse_sssom_rdf, parse_sssom_table  # type: ignore[import-not-found]
from sssom.validators import validate  # type: ignore[import-not-found]


class Complaints(logging.Handler):
    """Keeps what sssom-py logs as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def main() -> None:
    """Read every file named."""
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    found = []
    for path in map(Path, sys.argv[1:]):
        complaints.said.clear()
        read = parse_sssom_table if path.suffix == ".tsv" else parse_sssom_rdf
        mapping_set = read(path, propagate=False)
        reports = validate(mapping_set, fail_on_error=False)
        found.append(
            {
                "header": {k: str(v) for k, v in mapping_set.metadata.items()},
                "rows": [_row(row) for row in mapping_set.df.fillna("").to_dict("records")],
                "findings": [r.message for report in reports.values() for r in report.results],
                "complaints": list(complaints.said),
            }
        )
    json.dump(found, sys.stdout)


def _row(row: dict[str, Any]) -> dict[str, str]:
    return {slot: str(value) for slot, value in row.items() if value != ""}


main()
