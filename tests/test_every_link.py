"""No link of the whole site is dead: pages, documents, dumps, styles, `Link` headers, fragments."""

import pytest
from crawling import crawl, dead, lost_fragments
from flask.testing import FlaskClient
from page_kinds import KINDS


def test_every_link_leads_somewhere(elbe: FlaskClient, subtests: pytest.Subtests) -> None:
    kinds = [kind.path for kind in KINDS if kind.status == 200]
    languages = [
        f"{path}{'&' if '?' in path else '?'}lang={lang}" for path in kinds for lang in ("de", "ru")
    ]
    found = crawl(elbe, ["/", *languages])
    with subtests.test("no address is dead"):
        assert dead(found) == []
    with subtests.test("every fragment is a part of its page"):
        assert lost_fragments(found) == []
    with subtests.test("every kind of page can be reached from the first"):
        assert set(kinds) - set(found) == set()
    assert sum(answer.kind == "text/html" for answer in found.values()) > 1500
