"""What changed between two releases."""

from pathlib import Path

import pytest
from conftest import Edit

from kg.build import build
from kg.diff import compare, compare_lines, read_lines
from kg.errors import ReleaseError

A, B, C = (f"<https://example.org/{name}> <ex:p> <ex:o> .\n" for name in "abc")


def test_added_and_removed_are_told_apart_and_sorted() -> None:
    changes = compare_lines("1", [C, A], "2", [B, A])
    assert (changes.added, changes.removed) == ((B,), (C,))
    assert (changes.old_version, changes.new_version) == ("1", "2")
    assert changes


def test_no_change_is_false() -> None:
    assert not compare_lines("1", [A, B], "1", [B, A])


def test_the_changes_are_counted_in_json() -> None:
    assert compare_lines("1", [A], "2", [B, C]).to_json() == (
        b'{\n  "from": "1",\n  "to": "2",\n  "added": 2,\n  "removed": 1\n}\n'
    )


def test_a_reworded_claim_is_one_quad_off_and_one_on(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    old = build(tiny_project, tmp_path / "old")
    edit("data/claims/article.trig", "dear to the whole coast", "dear to all the coast")
    changes = compare(old, build(tiny_project, tmp_path / "new"))
    claim = "<https://example.org/lighthouse/id/claim/q1> <https://schema.org/text>"
    assert changes.added == (f'{claim} "Ada Finch finds the light dear to all the coast."@en .\n',)
    assert changes.removed == (
        f'{claim} "Ada Finch finds the light dear to the whole coast."@en .\n',
    )


def test_odd_line_separators_do_not_cut_a_quad(tiny_project: Path, tmp_path: Path) -> None:
    file = tiny_project / "data/claims/records.trig"
    text = file.read_text(encoding="utf-8")
    odd = text.replace("took place on 3 June", "took\u2028place\u2029on 3 June")
    file.write_text(odd, encoding="utf-8")
    release = build(tiny_project, tmp_path / "release")
    lines = list(read_lines(release))
    assert all(line.endswith(" .\n") for line in lines)
    assert sum("\u2028" in line for line in lines) == 1


def test_a_lost_dump_is_a_sentence(tiny_project: Path, tmp_path: Path) -> None:
    release = build(tiny_project, tmp_path / "release")
    release.dump.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ReleaseError, match="the dump cannot be read: it is not UTF-8; build"):
        compare(release, release)
    release.dump.unlink()
    with pytest.raises(ReleaseError, match="the dump cannot be read: No such file"):
        compare(release, release)
