"""A release stands complete or not at all, whatever happens while it is written."""

import ctypes
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg import draft as drafts
from kg.draft import Draft, open_draft
from kg.errors import ReleaseError
from kg.release import Manifest, is_release, open_release
from kg.store import EmbeddedStore

QUAD = Quad(NamedNode("https://example.org/a"), NamedNode("https://example.org/p"), Literal("x"))


def manifest(version: str) -> Manifest:
    return Manifest(
        version=version,
        name="tiny",
        base="https://example.org/",
        title="Tiny",
        ontology_version="1",
        software_version="0",
        sources_hash="",
        counts={"triples": 1},
        prefixes={"ex": "https://example.org/"},
        files=(),
    )


def write(draft: Draft, version: str) -> None:
    draft.write("dumps/tiny.nq", f"{QUAD} .\n".encode(), "application/n-quads", gz=True)
    draft.write_store([QUAD])
    draft.publish(manifest(version))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A place where a release of version `one` stands."""
    place = tmp_path / "release"
    with open_draft(place) as draft:
        write(draft, "one")
    return place


def neighbours(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir())


def test_a_release_is_read_back_as_it_was_written(out: Path) -> None:
    release = open_release(out)
    assert release.manifest.version == "one"
    assert release.manifest.counts == {"triples": 1}
    assert [(f.path, f.size, f.media_type) for f in release.manifest.files] == [
        ("dumps/tiny.nq", 54, "application/n-quads"),
        ("dumps/tiny.nq.gz", (out / "dumps/tiny.nq.gz").stat().st_size, "application/gzip"),
    ]
    assert release.dump.read_text() == f"{QUAD} .\n"
    assert list(release.open_store().quads_for_pattern(None, None, None)) == [QUAD]
    assert neighbours(out) == ["release"]


def test_the_hash_of_a_file_is_that_of_sha256sum(out: Path) -> None:
    found = {f.path: f.sha256 for f in open_release(out).manifest.files}
    for path, sha256 in found.items():
        printed = subprocess.run(["sha256sum", out / path], capture_output=True, text=True)
        assert printed.stdout.split()[0] == sha256


def test_a_new_release_takes_the_place_of_the_old(out: Path) -> None:
    with open_draft(out) as draft:
        write(draft, "two")
    assert open_release(out).manifest.version == "two"
    assert neighbours(out) == ["release"]


def test_a_release_can_replace_one_that_is_being_read(out: Path) -> None:
    store = EmbeddedStore(out / "store")
    with open_draft(out) as draft:
        write(draft, "two")
    assert list(store.quads_for_pattern(None, None, None)) == [QUAD]


def test_where_folders_cannot_be_swapped_they_are_renamed(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    with open_draft(out) as draft:
        write(draft, "two")
    assert open_release(out).manifest.version == "two"
    assert neighbours(out) == ["release"]


def test_a_failure_leaves_the_old_release(out: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_draft(out) as draft:
        draft.write("dumps/tiny.nq", b"half", "application/n-quads")
        raise ZeroDivisionError
    assert open_release(out).manifest.version == "one"
    assert neighbours(out) == ["release"]


def test_what_a_killed_build_left_is_removed(out: Path) -> None:
    leftover = out.parent / ".release.building"
    leftover.mkdir()
    (leftover / "half").write_text("half")
    (out.parent / ".release.lock").touch()
    with open_draft(out) as draft:
        write(draft, "two")
    assert neighbours(out) == ["release"]


def test_a_release_taken_from_its_place_is_put_back(out: Path) -> None:
    out.rename(out.parent / ".release.replaced")
    with pytest.raises(ZeroDivisionError), open_draft(out):
        raise ZeroDivisionError
    assert open_release(out).manifest.version == "one"


def test_two_builds_of_one_folder_exclude_each_other(out: Path) -> None:
    with open_draft(out) as draft:
        with pytest.raises(ReleaseError) as caught, open_draft(out):
            pass
        write(draft, "two")
    assert str(caught.value) == (
        f"{out}: another build is writing this release; wait for it to end"
    )
    assert open_release(out).manifest.version == "two"


def test_the_lock_dies_with_its_process(out: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from kg.draft import open_draft\n"
        f"with open_draft(Path({str(out)!r})) as draft:\n"
        "    draft.write('half', b'half', 'text/plain'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert neighbours(out) == [".release.building", ".release.lock", "release"]
    assert open_release(out).manifest.version == "one"
    with open_draft(out) as draft:
        write(draft, "two")
    assert neighbours(out) == ["release"]


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/dear.txt").write_text("Dear Ada")
    with (
        pytest.raises(ReleaseError, match="holds something that is no release"),
        open_draft(tmp_path / "letters"),
    ):
        pass
    assert (tmp_path / "letters/dear.txt").read_text() == "Dear Ada"


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    with open_draft(tmp_path / "release") as draft:
        write(draft, "one")
    assert open_release(tmp_path / "release").manifest.version == "one"


def test_a_file_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release").write_text("a file")
    with (
        pytest.raises(ReleaseError, match="this is a file, not a folder"),
        open_draft(tmp_path / "release"),
    ):
        pass


def test_a_link_to_a_folder_keeps_leading_to_the_release(out: Path) -> None:
    link = out.parent / "current"
    link.symlink_to(out)
    with open_draft(link) as draft:
        write(draft, "two")
    assert link.is_symlink()
    assert open_release(link).manifest.version == "two"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "the disk is full; free some space and build again"),
        (errno.EROFS, "the disk is read-only; build into another folder with --out"),
        (errno.EIO, "the system says: [Errno 5] Input/output error"),
    ],
)
def test_a_disk_that_refuses_is_named(
    out: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    def refuse(path: Path) -> BinaryIO:
        raise OSError(code, os.strerror(code))

    with pytest.raises(ReleaseError) as caught, open_draft(out) as draft:
        monkeypatch.setattr(drafts, "_create", refuse)
        write(draft, "two")
    assert str(caught.value) == (
        f"{out}: the release cannot be written: {reason}; the old release is untouched"
    )
    assert open_release(out).manifest.version == "one"


def test_the_store_on_a_full_disk_is_the_same_sentence(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> object:
        raise OSError("IO error: No space left on device: While appending to file")

    with (
        pytest.raises(ReleaseError, match="the disk is full; free some space"),
        open_draft(out) as draft,
    ):
        monkeypatch.setattr(drafts.ox, "Store", refuse)
        write(draft, "two")


def test_a_small_disk_fills_up_and_keeps_the_old_release(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        with open_draft(disk / "release") as draft:
            write(draft, "one")
        with pytest.raises(ReleaseError, match="the disk is full; free some space and build"):
            _fill(disk / "release")
        assert open_release(disk / "release").manifest.version == "one"
        assert neighbours(disk / "release") == ["release"]
    finally:
        subprocess.run(["umount", disk], check=True)


def _fill(out: Path) -> None:
    with open_draft(out) as draft:
        draft.write("dumps/tiny.nq", os.urandom(1_000_000), "application/n-quads")
        write(draft, "two")


def test_no_release_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        open_release(tmp_path / "nowhere")
    assert str(caught.value) == (
        f"{tmp_path}/nowhere: there is no release here (no release.json); make one with `kg build`"
    )
    assert not is_release(tmp_path)


def test_a_damaged_release_is_refused(out: Path) -> None:
    dump = out / "dumps/tiny.nq"
    dump.write_bytes(b"cut")
    with pytest.raises(ReleaseError, match="dumps/tiny.nq has 3 bytes in place of 54; build"):
        open_release(out)
    dump.unlink()
    with pytest.raises(ReleaseError, match="dumps/tiny.nq is missing; build it again"):
        open_release(out)
    assert is_release(out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "describes no release"),
        ("[]", "describes no release"),
        ('{"name": "package"}', "describes no release"),
    ],
)
def test_a_foreign_manifest_is_refused(out: Path, content: str, message: str) -> None:
    (out / "release.json").write_text(content)
    with pytest.raises(ReleaseError, match=message):
        open_release(out)
    with pytest.raises(ReleaseError, match="holds something that is no release"), open_draft(out):
        pass


def test_a_release_of_another_version_is_not_read_but_replaced(out: Path) -> None:
    text = (out / "release.json").read_text()
    (out / "release.json").write_text(text.replace('"format": 1,', '"format": 99,', 1))
    with pytest.raises(ReleaseError, match="made by another version of this software"):
        open_release(out)
    with open_draft(out) as draft:
        write(draft, "two")
    assert open_release(out).manifest.version == "two"


def test_the_manifest_says_the_same_in_the_same_bytes(out: Path) -> None:
    content = (out / "release.json").read_bytes()
    assert open_release(out).manifest.to_json() == content
    assert list(json.loads(content))[:3] == ["format", "version", "name"]


@pytest.mark.parametrize("name", ["notes.txt", "dumps/mine.nq"])
def test_a_file_that_is_no_part_of_a_release_is_not_deleted_with_it(out: Path, name: str) -> None:
    (out / name).write_text("mine")
    with pytest.raises(ReleaseError, match=f"also holds {name}"), open_draft(out) as draft:
        write(draft, "two")
    assert (out / name).read_text() == "mine"
    assert open_release(out).manifest.version == "one"


def test_a_file_put_there_during_a_build_is_not_deleted(out: Path) -> None:
    with pytest.raises(ReleaseError, match="also holds late.txt"), open_draft(out) as draft:
        (out / "late.txt").write_text("mine")
        write(draft, "two")
    assert (out / "late.txt").read_text() == "mine"


def test_another_softwares_manifest_makes_no_release(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text('{"format": 1, "version": "2.0"}')
    assert not is_release(tmp_path)
    with pytest.raises(ReleaseError, match="no release"), open_draft(tmp_path):
        pass


def test_a_link_in_a_circle_is_no_place_for_a_release(tmp_path: Path) -> None:
    (tmp_path / "release").symlink_to("release")
    with (
        pytest.raises(ReleaseError, match="leads back to itself"),
        open_draft(tmp_path / "release"),
    ):
        pass
