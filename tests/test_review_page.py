"""`kg serve --review`: the page on which links are weighed, and whom it is closed to."""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Visit, barriers
from click.testing import CliRunner
from conftest import Check, Edit, watch
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from real_service import serve
from reviewing import ADA, OTHER_TOWER, TOWN, describe, propose, propose_three, rows, state
from werkzeug.test import TestResponse

from kg.cli import main
from kg.linking.proposals import PATH
from server import Settings, SettingsError, create_app
from server.review import KEY

HOST = "127.0.0.1:8000"
ORIGIN = f"http://{HOST}"

Send = Callable[..., TestResponse]


@pytest.fixture
def project(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lighthouse with three proposed links, two of their items fetched."""
    monkeypatch.setenv("KG_REVIEWER", "Eve Reader")
    describe(tiny_project)
    propose_three(tiny_project)
    return tiny_project


@pytest.fixture
def reviewer(project: Path, lighthouse_release: Path) -> FlaskClient:
    """Visits the lighthouse under review."""
    settings = Settings(release_dir=lighthouse_release, review=project)
    return create_app(settings).test_client()


@pytest.fixture
def send(reviewer: FlaskClient) -> Send:
    """Send the form of the page, as a browser at this machine would."""

    def post(
        verdict: str,
        pair: tuple[str, str] = ADA,
        headers: dict[str, str] | None = None,
        **more: str,
    ) -> TestResponse:
        page = reviewer.get("/review", headers={"Host": HOST}).text
        found = re.search(r'name="token" value="([0-9a-f]+)"', page)
        token = found[1] if found else ""
        form = {"token": token, "subject": pair[0], "object": pair[1], "reviewer": "Eve Reader"}
        sent = {"Host": HOST, "Origin": ORIGIN, "Accept": "text/html"} | (headers or {})
        return reviewer.post("/review", data=form | {"verdict": verdict} | more, headers=sent)

    return post


def show(reviewer: FlaskClient, pair: tuple[str, str] | None = None, lang: str = "en") -> str:
    """The page about a link, or the first."""
    where = {"at": " ".join(pair), "lang": lang} if pair else {"lang": lang}
    answer = reviewer.get("/review", query_string=where, headers={"Host": HOST})
    assert answer.status_code == 200
    return answer.text


def test_a_decision_is_written_as_in_the_terminal(send: Send, project: Path) -> None:
    answer = send("accept", ADA, reason="The dates\nagree")
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"at": [" ".join(TOWN)]}
    row = rows(project)[ADA]
    assert (row["reviewer_label"], row["predicate_modifier"]) == ("Eve Reader", "")
    assert row["comment"].endswith("Accepted: The dates agree.")
    assert ADA not in rows(project, PATH)


def test_undo_on_the_page_brings_every_byte_back(
    send: Send, reviewer: FlaskClient, project: Path
) -> None:
    before = state(project)
    send("reject", TOWN)
    assert "rejected place:port-merrow wikidata:Q2" in show(reviewer)
    answer = send("undo")
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"at": [" ".join(TOWN)]}
    assert state(project) == before


def test_both_sides_are_shown_with_the_age_of_theirs(reviewer: FlaskClient) -> None:
    page = show(reviewer, ADA)
    assert re.search(r"as of \d{4}-\d\d-\d\d \d\d:\d\d UTC", page)
    assert "1850-02-01" in page and "1851-02-01 (Port Merrow [Q2])" in page
    assert re.search(r'class="differs"><th scope="row">.*date of birth', page)
    assert "never fetched" in show(reviewer, OTHER_TOWER)
    assert "Links prüfen" in show(reviewer, ADA, "de")


def test_a_rival_can_only_be_superseded(send: Send, reviewer: FlaskClient, project: Path) -> None:
    page = show(reviewer, OTHER_TOWER)
    assert "Accept in place of wikidata:Q39715" in page and 'value="accept"' not in page
    before = state(project)
    refused = send("accept", OTHER_TOWER, reason="So <b>it</b> is.")
    assert refused.status_code == 409
    assert "is accepted as wikidata:Q39715 already" in refused.text
    assert "So &lt;b&gt;it&lt;/b&gt; is." in refused.text
    assert state(project) == before
    assert send("supersede", OTHER_TOWER).status_code == 303
    assert rows(project)[OTHER_TOWER]["predicate_modifier"] == ""


def test_when_nothing_waits_the_page_says_so(
    send: Send, reviewer: FlaskClient, project: Path
) -> None:
    for pair in (ADA, TOWN, OTHER_TOWER):
        send("reject", pair)
    page = show(reviewer)
    assert "No proposed link waits" in page and 'value="undo"' in page


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "10.0.0.5:8000", "[::2]", ""]
)
def test_a_name_that_was_made_to_lead_here_is_refused(
    reviewer: FlaskClient, project: Path, host: str
) -> None:
    before = state(project)
    for method in (reviewer.get, reviewer.post):
        answer = method("/review", headers={"Host": host})
        assert (answer.status_code, answer.json["type"].rpartition("#")[2]) == (403, "foreign")
        assert "Links are reviewed on this machine only" in answer.json["detail"]
        assert "token" not in answer.text
    assert state(project) == before


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "[::1]:8000", "127.3.2.1"])
def test_this_machine_has_several_names(reviewer: FlaskClient, host: str) -> None:
    assert reviewer.get("/review", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_a_form_of_another_site_is_refused(
    send: Send, project: Path, headers: dict[str, str]
) -> None:
    before = state(project)
    answer = send("accept", ADA, headers)
    assert answer.status_code == 403
    assert "This form was sent" in answer.text
    assert state(project) == before


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_the_page_s_token_is_refused(send: Send, project: Path, token: str) -> None:
    before = state(project)
    assert send("accept", ADA, token=token).status_code == 403
    assert send("undo", token=token).status_code == 403
    assert state(project) == before


def test_scripts_of_other_sites_cannot_read_the_page(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/review", headers={"Host": HOST, "Origin": "http://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_key_is_readable_by_its_owner_only(reviewer: FlaskClient, project: Path) -> None:
    assert stat.S_IMODE((project / KEY).stat().st_mode) == 0o600
    assert [file.name for file in (project / KEY).parent.glob("review.key*")] == ["review.key"]


def test_an_unknown_verdict_is_refused(send: Send, project: Path) -> None:
    answer = send("maybe", ADA)
    assert answer.status_code == 400
    assert "accept, supersede, reject, undo" in answer.text


def test_a_link_decided_meanwhile_is_said_to_be_so(send: Send) -> None:
    send("reject", ADA)
    answer = send("accept", ADA)
    assert answer.status_code == 409
    assert "it may be decided by now" in answer.text


def test_a_form_without_a_name_is_answered_with_the_page(send: Send) -> None:
    answer = send("accept", ADA, reviewer=" ")
    assert answer.status_code == 409
    assert "a review needs the reviewer" in answer.text


def test_a_broken_file_is_named(reviewer: FlaskClient, project: Path, edit: Edit) -> None:
    line = edit(PATH, "wikidata:Q1\t", "wikidata:Q01\t")
    answer = reviewer.get("/review", headers={"Host": HOST})
    assert answer.status_code == 409
    assert f"{PATH}:{line}: wikidata:Q01 is no Wikidata entity" in answer.json["detail"]


def test_what_a_service_sent_is_text_on_the_page(reviewer: FlaskClient, project: Path) -> None:
    propose(
        project, "agent:editors", "Q9", object_label="<script>x</script>", see_also="javascript:x"
    )
    page = show(reviewer, ("https://example.org/lighthouse/id/agent/editors", ADA[1][:-1] + "9"))
    assert "&lt;script&gt;x" in page and "<script>x" not in page
    assert 'href="javascript' not in page


def test_without_the_option_there_is_no_such_page(client: FlaskClient) -> None:
    assert client.get("/review", headers={"Host": HOST}).status_code == 404
    assert "/review" not in client.get("/", headers={"Accept": "text/html"}).text


def test_review_is_bound_to_this_machine(lighthouse_release: Path, project: Path) -> None:
    def refuse(**settings: Any) -> str:
        with pytest.raises(SettingsError) as error:
            Settings(release_dir=lighthouse_release, **{"review": project, **settings})
        return str(error.value)

    for host in ("0.0.0.0", "::", "192.168.1.2", "example.org"):
        assert refuse(host=host).startswith(f"host: {host} can be reached from elsewhere, and")
    assert refuse(public_url="https://example.org").startswith("public_url: behind a proxy")
    assert refuse(trusted_proxies=("127.0.0.1",)).startswith("trusted_proxies: behind a proxy")
    assert "is no project (it has no data/catalog.ttl)" in refuse(review=project / "data")
    for host in ("localhost", "::1", "127.0.0.1"):
        made = Settings(release_dir=lighthouse_release, host=host, review=project)
        assert Settings.from_json(made.to_json()) == made


def test_the_command_refuses_another_host_and_files(
    lighthouse_release: Path, project: Path
) -> None:
    command = ["serve", "--release", str(lighthouse_release), "--project", str(project), "--review"]
    result = CliRunner().invoke(main, [*command, "--host", "0.0.0.0"])
    assert result.exit_code == 1
    assert result.stderr.startswith("kg: host: 0.0.0.0 can be reached from elsewhere")
    result = CliRunner().invoke(main, ["serve", "--review", str(project / "data/catalog.ttl")])
    assert result.exit_code == 2
    assert "--review is for a project's links" in result.stderr


def test_the_page_is_valid_html(send: Send, reviewer: FlaskClient, check_html: Check) -> None:
    files = {f"{lang}.html": show(reviewer, ADA, lang) for lang in ("en", "de", "ru")}
    send("reject", ADA)
    files["decided.html"] = show(reviewer, OTHER_TOWER)
    files["refused.html"] = send("accept", OTHER_TOWER).text
    assert check_html(files) == []


# --- in a browser


@pytest.fixture
def look(browser: Browser, lighthouse_release: Path, project: Path) -> Iterator[Visit]:
    """Opens the page of a real service with two web processes."""
    options = ("--review", "--project", str(project), "--workers", "2")
    with serve(lighthouse_release, *options) as url:
        yield from watch(browser, url)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_all_is_done_with_the_keyboard_and_without_scripts(look: Visit, project: Path) -> None:
    before = state(project)
    page = look("/review", scripts=False)
    assert page.locator("h2").inner_text() == "old-light – item Q3"
    tab_to(page, ".verdicts a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("ada-finch"))
    tab_to(page, "#reason")
    page.keyboard.type("The dates agree")
    tab_to(page, "button[value=accept]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("port-merrow"))
    assert (
        page.locator(".last")
        .inner_text()
        .startswith("Decided last: accepted person:ada-finch wikidata:Q1")
    )
    assert rows(project)[ADA]["comment"].endswith("Accepted: The dates agree.")
    tab_to(page, "button[value=undo]")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("ada-finch"))
    assert state(project) == before


def test_enter_in_a_line_of_the_form_decides_nothing(look: Visit, project: Path) -> None:
    before = state(project)
    page = look("/review")
    tab_to(page, "#reviewer")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("button[value=supersede]:focus").count() == 1
    assert page.locator("h2").inner_text() == "old-light – item Q3"
    assert state(project) == before


@pytest.mark.parametrize(("width", "dark", "lang"), [(1440, False, "en"), (360, True, "ru")])
def test_nobody_is_kept_from_the_page(
    look: Visit, axe: str, width: int, dark: bool, lang: str
) -> None:
    page = look("/review", width=width, dark=dark, lang=lang)
    assert barriers(page, axe) == []
    wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide, "the page scrolls sideways"
