"""No link of the whole site is dead: pages, documents, dumps, styles, `Link` headers, fragments."""

from pathlib import Path

import pytest
from crawling import Answer, crawl, dead, lost_fragments
from page_kinds import KINDS

pytestmark = pytest.mark.xdist_group("links")


@pytest.fixture(scope="module")
def found(elbe_release: Path) -> dict[str, Answer]:
    """What every address answers that can be reached from the first page in any language."""
    mains = [kind.path for kind in KINDS if kind.status == 200]
    languages = [
        f"{path}{'&' if '?' in path else '?'}lang={lang}" for path in mains for lang in ("de", "ru")
    ]
    return crawl(elbe_release, ["/", *languages])


def test_no_link_is_dead(found: dict[str, Answer]) -> None:
    assert dead(found) == []
    assert sum(answer.kind == "text/html" for answer in found.values()) > 1500


def test_every_fragment_leads_to_a_part_of_its_page(found: dict[str, Answer]) -> None:
    assert lost_fragments(found) == []


def test_every_kind_of_page_can_be_reached_from_the_first(found: dict[str, Answer]) -> None:
    paths = {kind.path for kind in KINDS if kind.status == 200}
    assert paths - set(found) == set()
