"""The pictures for the README: of pages that there are, and small."""

from pathlib import Path

from browsing import Visit
from page_kinds import KINDS
from screenshots import FOLDER, HEIGHT, LARGEST, PICTURES, ROOT, WIDTH, write_picture


def test_every_picture_is_of_a_kind_of_page() -> None:
    assert set(PICTURES.values()) - {kind.name for kind in KINDS} == set()


def test_the_readme_shows_or_links_every_picture_and_all_are_small() -> None:
    found = {file.stem: file.stat().st_size for file in FOLDER.iterdir()}
    assert found.keys() == PICTURES.keys()
    assert max(found.values()) < LARGEST
    assert sum(found.values()) < 1_500_000
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"(docs/screenshots/{name}.webp)" in text for name in found)


def test_a_picture_is_as_wide_as_the_window_and_small(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "home.webp"
    size = write_picture(file, visit("/", width=WIDTH, height=HEIGHT))
    picture = file.read_bytes()
    assert size == len(picture) < LARGEST
    # The extended header of a WebP file (RFC 9649, section 2.7).
    assert picture[8:16] == b"WEBPVP8X"
    sides = [int.from_bytes(picture[at : at + 3], "little") + 1 for at in (24, 27)]
    assert sides == [WIDTH, HEIGHT]
