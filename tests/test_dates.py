"""Dates said in words: nothing that is uncertain sounds certain, and nothing is guessed."""

import pytest

from server.pages.dates import say_date


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("1945-04-25", "en", "25 April 1945"),
        ("1945-04-25", "de", "25. April 1945"),
        ("1945-04-25", "ru", "25 апреля 1945 г."),
        ("1945-05", "ru", "май 1945 г."),
        ("1944-09/1945-09", "en", "September 1944 – September 1945"),
        ("[1907-01-15,1907-01-17]", "en", "15 January 1907 or 17 January 1907"),
        ("[1945-04-25..1945-04-27]", "en", "between 25 April 1945 and 27 April 1945"),
        ("[1945-05-05..]", "de", "5. Mai 1945 oder später"),
        ("[..1945]", "ru", "1945 г. или ранее"),
        ("1945-05-05/..", "en", "5 May 1945 or later"),
        ("1987~", "en", "about 1987"),
        ("1987?", "de", "vielleicht 1987"),
    ],
)
def test_a_date_is_said_with_all_its_doubt(text: str, lang: str, words: str) -> None:
    assert say_date(text, lang) == words


@pytest.mark.parametrize("text", ["circa 1945", "[1945..x]", "1945-13", "[..]", "", "1945/x"])
def test_what_is_not_understood_is_given_back_as_it_stands(text: str) -> None:
    assert say_date(text, "en") == text
