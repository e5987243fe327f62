"""Photographs: each caption drawn as it stands, with what is known and what is not."""

from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from browsing import Visit
from flask.testing import FlaskClient
from page_text import read as read_page
from reading import BROWSER, find, read, words
from small_release import write_small_release

from server import Settings, create_app


def picture(client: FlaskClient, name: str) -> Element:
    (found,) = find(read(client, "/photographs"), f"#{name}")
    return found


def key(photograph: Element) -> list[str]:
    """What the list beside the drawing says."""
    return [words(entry) for entry in find(photograph, ".key li")]


def figures(photograph: Element) -> list[tuple[str, str]]:
    """The figures from left to right: how they look, and what is written on them."""
    shapes = [e for e in find(photograph, "svg svg") if e.get("x")]
    shapes.sort(key=lambda e: (int(e.get("y", "0")), float(e.get("x", "0").rstrip("%"))))
    return [(e.get("class", ""), "".join(map(words, find(e, "text.number")))) for e in shapes]


def circumstances(photograph: Element) -> dict[str, str]:
    names, values = find(photograph, "dl dt"), find(photograph, "dl dd")
    return {words(n): words(v) for n, v in zip(names, values, strict=True)}


def test_left_and_right_are_drawn_as_sides(elbe: FlaskClient) -> None:
    photo = picture(elbe, "c1")
    assert figures(photo) == [("certain", "1"), ("certain", "2")]
    assert key(photo) == [
        "William B. Kean: left, on the left side; how far is not said, "
        "standing or sitting is not said. C1.6 ? unverifiable",
        "Gleb Baklanov: right, on the right side; how far is not said, "
        "standing or sitting is not said. C1.5 ? unverifiable",
    ]
    assert len(find(photo, "text.gap")) == 1


def test_a_caption_that_places_nobody_places_nobody_here(elbe: FlaskClient) -> None:
    photo = picture(elbe, "c2")
    assert {look for look, _ in figures(photo)} == {"uncertain"}
    assert "1, 2: who is where is not said" in words(find(photo, "svg")[0])
    (troops, general) = key(photo)
    assert "“13th American Infantry and Tank Corps” (a name nobody could identify)" in troops
    assert general.startswith("Nikolai Oslikovsky: is said to take part in the scene; whether")


def test_second_to_the_right_stays_ambiguous(elbe: FlaskClient) -> None:
    photo = picture(elbe, "c3")
    assert figures(photo) == [
        ("certain", "1"),
        ("uncertain", "2?"),
        ("uncertain", "2?"),
        ("supposed", ""),
    ]
    assert "“second to the right” – one of these" in words(find(photo, "svg")[0])
    assert key(photo)[1].startswith(
        "Lloyd H. Gomes: second to the right, two readings are drawn: place 2 from the right, "
        "or place 2 towards the right; it may be another place as well"
    )


def test_the_fourth_on_the_left_has_three_without_a_name_beside_him(elbe: FlaskClient) -> None:
    photo = picture(elbe, "c4")
    assert figures(photo) == [
        ("counted", ""),
        ("counted", ""),
        ("counted", ""),
        ("certain", "1"),
        ("uncertain", "2"),
    ]
    assert key(photo) == [
        "Ivan Konev: 4th on the left, place 4 from the left, sitting. C4.3 ? unverifiable",
        "Omar Bradley: where in the picture is not said, standing. C4.5 ? unverifiable",
    ]
    assert "Counted by the caption but not named: 3." in words(photo)


def test_two_men_before_a_sign_are_in_no_order(elbe: FlaskClient) -> None:
    photo = picture(elbe, "c5")
    assert figures(photo) == [("uncertain", "?"), ("uncertain", "?")]
    assert [words(e) for e in find(photo, "svg text.name")] == ["3 · East Meets West sign"]
    assert key(photo)[0].startswith(
        "William D. Robertson: in front of a sign, left or right is not said, standing."
    )


def test_only_what_the_caption_says_is_drawn(elbe: FlaskClient) -> None:
    assert "Visaitov" not in words(find(picture(elbe, "c5"), ".schematic")[0])


def test_the_drawing_says_the_same_in_words(elbe: FlaskClient) -> None:
    for name in ("c1", "c2", "c3", "c4", "c5"):
        photo = picture(elbe, name)
        (svg,) = [e for e in find(photo, "svg") if e.get("role") == "img"]
        title, desc = find(svg, "title")[0], find(svg, "desc")[0]
        assert svg.get("aria-labelledby") == title.get("id")
        assert svg.get("aria-describedby") == desc.get("id")
        for number, entry in enumerate(find(photo, ".key li"), 1):
            assert f"{number} {words(find(entry, 'strong')[0])}: " in words(desc)
    assert "Counted by the caption but not named: 3" in words(find(picture(elbe, "c4"), "desc")[0])


def test_what_is_not_known_of_date_and_place_is_said(elbe: FlaskClient) -> None:
    known = circumstances(picture(elbe, "c3"))
    assert known["When"] == known["Where"] == "Not known; nobody says."
    assert known["The caption leaves open"] == "date, photographer, place"
    assert known["The scene may be"] == "Cavalry contact at Lenzen (confidence: medium)"


def test_a_date_that_is_only_said_is_not_given_as_known(elbe: FlaskClient) -> None:
    assert circumstances(picture(elbe, "c2"))["When"] == (
        "Not established. It is said: 4 May 1945 C2.6 ? unverifiable"
    )
    where = circumstances(picture(elbe, "c1"))["Where"]
    assert where == (
        "Not established. It is said: Elbe C1.7 ? unverifiable Torgau C1.7 ? unverifiable"
    )


def test_an_accepted_date_comes_before_what_is_also_said(elbe: FlaskClient) -> None:
    accepted, _, said = circumstances(picture(elbe, "c4"))["When"].partition("Also said")
    assert accepted.startswith("between 5 May 1945 and 31 May 1945")
    assert "✓ corroborated" in accepted
    assert said == ", not accepted: 25 April 1945 C4.2 ✗ contradicted"


def test_the_day_of_the_meeting_is_no_date_of_the_pictures(elbe: FlaskClient) -> None:
    """The article says that they show that day; that is disputed, and no date of theirs."""
    for name in ("c1", "c2", "c3"):
        assert "25 April" not in circumstances(picture(elbe, name))["When"]


def test_a_place_told_in_words_is_given_in_words(elbe: FlaskClient) -> None:
    where = circumstances(picture(elbe, "c5"))["Where"]
    assert where.startswith("The picture of Robertson and Silvashko was taken near Torgau.")
    assert "✓ corroborated" in where


def test_the_claims_of_the_caption_stand_beside(elbe: FlaskClient) -> None:
    page = read(elbe, "/photographs")
    counts = [len(find(photo, ".claims li")) for photo in find(page, ".photograph")]
    assert counts == [7, 6, 9, 6, 5]
    contradicted = (
        "C3.4 According to the caption, Neumoev commands the 28th Guards Cavalry Regiment."
    )
    assert f"{contradicted} ✗ contradicted" in words(page)
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_pictures_are_said_not_to_be_there(elbe: FlaskClient) -> None:
    page = read(elbe, "/photographs")
    assert "The pictures themselves are not shown." in words(page)
    assert "belong to their owners and are not reproduced here" in words(page)
    assert "the image was not seen" in words(page)
    assert not find(page, "img")


def test_a_photographs_own_page_has_its_drawing(client: FlaskClient, elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/photograph/c4")
    assert figures(page)[3:] == [("certain", "1"), ("uncertain", "2")]
    assert circumstances(page)["The scene may be"].startswith("Bradley reception for Konev")
    other = read(client, "/doc/photograph/c1")
    assert key(other) == [
        "Ada Finch: where in the picture is not said, standing. C1-2 ? unverifiable"
    ]
    assert not find(read(client, "/doc/person/ada-finch"), ".schematic")


def test_the_page_of_a_person_leads_to_the_pictures_he_is_said_to_be_in(elbe: FlaskClient) -> None:
    page = read_page(elbe, "/doc/person/yakov-neumoev")
    told = page.text.partition("In pictures, as captions say")[2]
    assert told.startswith(" Photograph C3 (caption: Neumoev and Gomes) ? unverifiable : C3.9")
    assert "/doc/photograph/c3" in page.links
    page = read_page(elbe, "/doc/person/ivan-konev")
    assert "/doc/claim/c4-3" in page.links and "Who says it" in page.text
    assert '<a class="seal' not in elbe.get("/doc/person/ivan-konev", headers=BROWSER).text
    page = read_page(elbe, "/doc/person/nikolai-oslikovsky")
    told = page.text.partition("In pictures, as captions say")[2]
    assert "is said to take part in the scene; whether the picture shows this" in told[:200]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", "zwei Lesarten sind gezeichnet: Platz 2 von rechts oder Platz 2 nach rechts hin"),
        ("ru", "нарисованы два прочтения: место 2, считая справа, или место 2 в сторону правого"),
    ],
)
def test_the_drawing_speaks_the_readers_language(elbe: FlaskClient, lang: str, said: str) -> None:
    page = read(elbe, f"/photographs?lang={lang}")
    assert said in words(page)
    assert "one of these" not in words(page)


UNCAPTIONED = """
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX own: <def#>
<id/photograph/a> rdfs:label "A wedding"@en .
<id/person/x> a foaf:Person ; rdfs:label "X" .
<id/depiction/x> a own:Depiction ; own:inPhotograph <id/photograph/a> ; own:depicted <id/person/x> ;
    own:position "left"@en .
"""


def test_people_that_the_data_simply_places_are_drawn(tmp_path: Path) -> None:
    release = write_small_release(tmp_path / "release", UNCAPTIONED)
    client = create_app(Settings(release_dir=release)).test_client()
    photo = picture(client, "a")
    assert figures(photo) == [("certain", "1")]
    assert key(photo) == [
        "X: left, on the left side; how far is not said, standing or sitting is not said."
    ]


def test_a_release_without_photographs_has_no_such_page(retired: FlaskClient) -> None:
    missing = retired.get("/photographs")
    assert missing.status_code == 404
    assert "no photograph with a caption" in missing.text
    assert "/photographs" not in retired.get("/", headers=BROWSER).text


def test_every_figure_is_inside_the_frame_on_a_phone(visit: Visit) -> None:
    page = visit("/photographs", width=360, lang="ru")
    for drawing in page.locator(".drawing").all():
        frame = drawing.bounding_box()
        assert frame is not None
        for figure in drawing.locator("svg path").all():
            box = figure.bounding_box()
            assert box is not None
            assert box["x"] >= frame["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
