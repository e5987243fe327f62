"""The life of a link: proposed by a program, then accepted, rejected or superseded by a person.

A proposed row stands in a file of its own. What a person decides moves it among the accepted links,
with reviewer, day and reason; rejected, it stays there with the modifier `Not`. A link that another
takes the place of is negated, too, and names that other in `other`, as `superseded_by=wikidata:Q1`.
The accepted links are written first: should the run end between the two files, the pair stands in
both, and what was decided counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from kg.agreement import SUPERSEDED_BY
from kg.errors import LinkError
from kg.linking.changes import (
    Change,
    Entry,
    Row,
    apply,
    forget_last,
    last_entry,
    locked,
    note,
    read_whole,
    with_prefixes,
)
from kg.linking.proposals import PATH, is_exact
from kg.sssom import Link, MappingSet, read_sssom, to_header

ACCEPTED = "data/links/wikidata.sssom.tsv"
# A longer one fits no cookie.
NAME_CHARACTERS = 200
# Slots whose cells are words, in which a colon means nothing.
_WORDS = re.compile(
    r".*_(label|date|text|version|tool)|comment|other|match_string|confidence|.*_score"
)

Pair = tuple[str, str]
"""What a row is about: the IRI of our thing and that of theirs."""


class Verdict(StrEnum):
    """What a person may say of a proposed link; to supersede is to accept it for another."""

    ACCEPT = "accept"
    SUPERSEDE = "supersede"
    REJECT = "reject"


_PAST = {
    Verdict.ACCEPT: "accepted",
    Verdict.SUPERSEDE: "accepted for another",
    Verdict.REJECT: "rejected",
}


@dataclass(frozen=True)
class Review:
    """A verdict with who gave it, why, how surely and on which day.

    Raises LinkError for a reviewer without a name, or with one that SSSOM would take for two.
    """

    verdict: Verdict
    reviewer: str
    reason: str = ""
    confidence: Decimal = Decimal("0.95")
    day: date = field(default_factory=lambda: datetime.now(UTC).date())

    def __post_init__(self) -> None:
        check_reviewer(self.reviewer)


def check_reviewer(name: str) -> str:
    """Give a reviewer's name, if a mapping can name one so; raises LinkError if not."""
    if not name.strip():
        raise LinkError("a review needs the reviewer's name; give it with --reviewer")
    if len(name) > NAME_CHARACTERS:
        raise LinkError(f"a reviewer's name has at most {NAME_CHARACTERS} characters")
    if "|" in name or not name.isprintable():
        raise LinkError(f"{name!r} is no reviewer's name: write it in one line, without |")
    return name


class Links:
    """The links of one project, read anew whenever they are asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def waiting(self) -> tuple[Link, ...]:
        """Give the proposed rows that nobody has decided, in the order of their file.

        Raises LinkError when a mapping file is broken, at a row or as a whole.
        """
        proposed = read_whole(self._root, PATH)
        if proposed is None:
            return ()
        decided = {pair_of(link) for read in self._decided() for link in read.links}
        return tuple(link for link in proposed.links if pair_of(link) not in decided)

    def rival(self, link: Link) -> tuple[str, Link] | None:
        """Find what an exact match that is proposed would replace: file and row of another."""
        if not is_exact(link):
            return None
        for read in self._decided():
            for other in read.links:
                if is_exact(other) and other.subject == link.subject:
                    return read.path, other
        return None

    def decide(self, pair: Pair, review: Review) -> Entry:
        """Move a proposed row to where a verdict puts it; gives what the journal notes.

        Raises LinkError when the pair does not wait, or the verdict would contradict a link.
        """
        with locked(self._root):
            link = next((link for link in self.waiting() if pair_of(link) == pair), None)
            if link is None:
                message = f"no proposal on {pair[0]} and {pair[1]} waits; it may be decided by now"
                raise LinkError(message, PATH)
            entry = Entry(
                f"{_PAST[review.verdict]} {_name(link)}", *pair, tuple(self._move(link, review))
            )
            apply(self._root, entry.changes)
            note(self._root, entry)
        return entry

    def undo(self) -> Entry | None:
        """Take the last decision back, with all it did; None where there is none.

        Raises LinkError when its rows were changed since.
        """
        with locked(self._root):
            entry = last_entry(self._root)
            if entry is not None:
                apply(self._root, [change.inverted() for change in reversed(entry.changes)])
                forget_last(self._root)
        return entry

    def last(self) -> Entry | None:
        """Give the last decision that can be undone."""
        return last_entry(self._root)

    def _move(self, link: Link, review: Review) -> Iterable[Change]:
        proposed = read_whole(self._root, PATH)
        assert proposed is not None
        target = read_whole(self._root, ACCEPTED)
        wanted = _prefixes(link, proposed)
        if target is None:
            before, after = "", _new_header(proposed, review)
        else:
            before, after = target.header, with_prefixes(target, wanted)
        leaving, coming = self._replace(link, review)
        row = _decided(link.cells, review)
        yield Change(ACCEPTED, leaving, (*coming, row), before, after)
        yield Change(PATH, (link.cells,), (), proposed.header, proposed.header)

    def _replace(self, link: Link, review: Review) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        """Give the rows that a verdict takes out and puts in besides the proposed one."""
        if review.verdict is Verdict.REJECT:
            return (), ()
        self._refuse_second(link)
        rival = self.rival(link)
        if rival is None:
            if review.verdict is Verdict.SUPERSEDE:
                raise LinkError(f"{_ours(link)} has no exact match to supersede; accept this one")
            return (), ()
        path, other = rival
        if review.verdict is Verdict.ACCEPT:
            message = f"{_ours(link)} is accepted as {other.cells['object_id']} already"
            raise LinkError(f"{message}; supersede that, or reject this", path, other.line)
        if path != ACCEPTED:
            message = (
                f"what is to be superseded stands here; reject it here, then accept {_name(link)}"
            )
            raise LinkError(message, path, other.line)
        return (other.cells,), (_superseded(other.cells, link, review),)

    def _refuse_second(self, link: Link) -> None:
        """Refuse a second thing of ours for one outer thing: the two would be one."""
        for read in self._decided():
            for other in read.links:
                taken = is_exact(other) and is_exact(link) and other.object == link.object
                if taken and other.subject != link.subject:
                    message = f"{link.cells['object_id']} is accepted for {_ours(other)} already"
                    raise LinkError(f"{message}; reject one of the two", read.path, other.line)

    def _decided(self) -> Iterable[MappingSet]:
        folder = self._root / "data/links"
        for file in sorted(folder.rglob("*.sssom.tsv")):
            path = file.relative_to(self._root).as_posix()
            hidden = any(part.startswith(".") for part in Path(path).parts)
            if not path.endswith(".proposed.sssom.tsv") and not hidden:
                yield read_sssom(file, path)


def pair_of(link: Link) -> Pair:
    """Give what a row is about."""
    return link.subject.value, link.object.value


def _ours(link: Link) -> str:
    return link.cells["subject_id"]


def _name(link: Link) -> str:
    return f"{link.cells['subject_id']} {link.cells['object_id']}"


def _decided(row: Row, review: Review) -> Row:
    """Write a proposed row as a person decided it; the program's own figure stays in `other`."""
    accepted = review.verdict is not Verdict.REJECT
    before = row.get("confidence")
    return dict(row) | {
        "predicate_modifier": "" if accepted else "Not",
        "reviewer_label": review.reviewer,
        "review_date": review.day.isoformat(),
        "confidence": f"{review.confidence:f}",
        "other": _add(row.get("other", ""), f"proposed_confidence={before}" if before else ""),
        "comment": _comment(row, "Accepted" if accepted else "Rejected", review.reason),
    }


def _superseded(row: Row, link: Link, review: Review) -> Row:
    """Write an accepted row as one that another takes the place of; its reviewer stays."""
    item, label = link.cells["object_id"], link.cells.get("object_label", "")
    by = f"{item} ({label})" if label else item
    words = f"Superseded by {by}, {review.reviewer}, {review.day.isoformat()}"
    return dict(row) | {
        "predicate_modifier": "Not",
        "other": _add(row.get("other", ""), f"{SUPERSEDED_BY}={item}"),
        "comment": _comment(row, words, review.reason),
    }


def _add(cell: str, part: str) -> str:
    return "|".join(filter(None, (cell, part)))


def _comment(row: Row, words: str, reason: str) -> str:
    said = " ".join("".join(s if s.isprintable() else " " for s in reason).split())
    ending = f"{words}: {said}" if said else words
    return " ".join(filter(None, (row.get("comment", ""), ending.rstrip(".") + ".")))


def _prefixes(link: Link, proposed: MappingSet) -> dict[str, str]:
    """Give the prefixes that a row needs, as its file declares them."""
    parts = (
        part.partition(":")[0]
        for slot, cell in link.cells.items()
        if not _WORDS.fullmatch(slot)
        for part in cell.split("|")
        if ":" in part
    )
    return {prefix: proposed.prefixes[prefix] for prefix in parts if prefix in proposed.prefixes}


def _new_header(proposed: MappingSet, review: Review) -> str:
    """Write the header of a project's first accepted links; `kg check` names what it lacks."""
    kept = dict(proposed.metadata)
    curie_map = kept.pop("curie_map")
    set_id = str(kept["mapping_set_id"]).removesuffix("/proposed")
    day = review.day.isoformat()
    own = {
        "mapping_set_id": set_id,
        "mapping_set_version": day,
        "mapping_set_title": "Links to Wikidata",
        "mapping_set_description": "Links to Wikidata that a person accepted or rejected.",
        "creator_label": [review.reviewer],
        "publication_date": day,
    }
    return to_header({"curie_map": curie_map, **kept, **own})
