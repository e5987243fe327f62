"""Say a date as a person would: xsd:date, xsd:gYear, xsd:gYearMonth and the EDTF in use.

What is not understood is given back as it stands, never guessed.
"""

from __future__ import annotations

import re

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "ru-of": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_SINGLE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?([~?%]?)\Z")
_WORDS = {
    "en": {"about": "about {}", "perhaps": "perhaps {}", "or": " or ", "and": " and ",
           "later": "{} or later", "earlier": "{} or earlier",
           "within": "between {} and {}"},
    "de": {"about": "um {}", "perhaps": "vielleicht {}", "or": " oder ", "and": " und ",
           "later": "{} oder später", "earlier": "{} oder früher",
           "within": "zwischen {} und {}"},
    "ru": {"about": "около: {}", "perhaps": "возможно, {}", "or": " или ", "and": " и ",
           "later": "{} или позднее", "earlier": "{} или ранее",
           "within": "{} – {}"},
}  # fmt: skip
_OPEN = ("", "..")


def say_date(text: str, lang: str) -> str:
    """Write a date, or an EDTF expression, in words of `lang` (en, de or ru).

    >>> say_date("1945-04-25/1945-04-27", "en")
    '25 April 1945 – 27 April 1945'
    >>> say_date("[1945-04-25..1945-04-27]", "en")
    'between 25 April 1945 and 27 April 1945'
    >>> say_date("[1945-05-05..]", "de")
    '5. Mai 1945 oder später'
    """
    lang = lang if lang in _WORDS else "en"
    said = _say_interval(text, lang) or _say_set(text, lang) or _say_single(text, lang)
    return said or text


def say_month(month: int, lang: str) -> str:
    """Name a month (1 to 12) in three letters, as it stands beside a day.

    >>> say_month(5, "ru")
    'мая'
    """
    names = _MONTHS["ru-of" if lang == "ru" else lang if lang in _WORDS else "en"].split()
    return names[month - 1][:3]


def _say_interval(text: str, lang: str) -> str | None:
    start, slash, end = text.partition("/")
    if not slash:
        return None
    first, last = _say_single(start, lang), _say_single(end, lang)
    if first and last:
        return f"{first} – {last}"
    if first and end in _OPEN:
        return _WORDS[lang]["later"].format(first)
    if last and start in _OPEN:
        return _WORDS[lang]["earlier"].format(last)
    return None


def _say_set(text: str, lang: str) -> str | None:
    if not re.fullmatch(r"\[[^][{}/]+\]|\{[^][{}/]+\}", text):
        return None
    dates = [_say_member(part.strip(), lang) for part in text[1:-1].split(",")]
    known = [date for date in dates if date]
    if len(known) != len(dates):
        return None
    return _WORDS[lang]["or" if text[0] == "[" else "and"].join(known)


def _say_member(text: str, lang: str) -> str | None:
    """Write a member of a set: a date, or a run of dates such as `1945-05-05..`."""
    start, dots, end = text.partition("..")
    first, last = _say_single(start, lang), _say_single(end, lang)
    if not dots or not (first or start == "") or not (last or end == ""):
        return None if dots else first
    if first and last:
        return _WORDS[lang]["within"].format(first, last)
    known = first or last
    return _WORDS[lang]["later" if first else "earlier"].format(known) if known else None


def _say_single(text: str, lang: str) -> str | None:
    match = _SINGLE.match(text)
    if not match:
        return None
    year, month, day, mark = match.groups()
    if month and not 1 <= int(month) <= 12:
        return None
    said = _say_day(year, int(month or 0), int(day or 0), lang)
    if mark in ("~", "%"):
        said = _WORDS[lang]["about"].format(said)
    if mark in ("?", "%"):
        said = _WORDS[lang]["perhaps"].format(said)
    return said


def _say_day(year: str, month: int, day: int, lang: str) -> str:
    end = " г." if lang == "ru" else ""
    if not month:
        return year + end
    name = _MONTHS["ru-of" if lang == "ru" and day else lang].split()[month - 1]
    dot = "." if lang == "de" else ""
    return f"{day}{dot} {name} {year}{end}" if day else f"{name} {year}{end}"
