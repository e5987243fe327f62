"""Articles of Wikipedia: which site and title an address names."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

# Sites whose database is not called as their language (noc.wikimedia.org, the list of wikis).
_OLD_NAMES = {
    "be-tarask": "be_x_old",
    "gsw": "als",
    "lzh": "zh_classical",
    "nan": "zh_min_nan",
    "nb": "no",
    "rup": "roa_rup",
    "sgs": "bat_smg",
    "vro": "fiu_vro",
    "yue": "zh_yue",
}
_ADDRESS = re.compile(r"https?://([a-z]{2,}(?:-[a-z]+)*)(?:\.m)?\.wikipedia\.org/wiki/([^?#]+)")


@dataclass(frozen=True, order=True)
class Article:
    """An article: the site as Wikidata calls it (`enwiki`), the title with spaces."""

    site: str
    title: str
    language: str

    @property
    def address(self) -> str:
        """Where it is read."""
        title = quote(self.title.replace(" ", "_"), safe="!$'()*,-./:;@_~")
        return f"https://{self.language}.wikipedia.org/wiki/{title}"


def to_article(address: str) -> Article | None:
    """Read an address; None for one that is no article of a Wikipedia.

    >>> to_article("https://en.wikipedia.org/wiki/William_B._Kean").title
    'William B. Kean'
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    language = match[1]
    site = _OLD_NAMES.get(language, language).replace("-", "_") + "wiki"
    title = unquote(match[2]).replace("_", " ").strip()
    return Article(site, title[:1].upper() + title[1:], language) if title else None
