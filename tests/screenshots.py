"""Take the pictures of the main pages for the README: `make screenshots`.

They show this project's release as a desk's browser does; page_kinds.py says where the pages are.
"""

import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory

from browsing import Visit, open_browser
from equipment import CHROMIUM
from page_kinds import KINDS
from playwright.sync_api import Page
from real_service import serve

from kg.build import build

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
WIDTH, HEIGHT = 1200, 900
LARGEST = 150_000
# The name of a picture's file, and the kind of page it is of.
PICTURES = {
    "home": "home",
    "person": "person",
    "claim": "claim of the article",
    "article": "article",
    "photographs": "photographs",
    "timeline": "timeline",
    "search": "search, found",
    "browse": "browse, chosen",
    "sparql": "SPARQL table",
    "about": "about",
}


def main() -> None:
    """Take every picture anew."""
    program = CHROMIUM.find()
    if program is None:
        sys.exit(f"A picture {CHROMIUM.need}")
    FOLDER.mkdir(exist_ok=True)
    paths = {kind.name: kind.path for kind in KINDS}
    with TemporaryDirectory() as folder:
        release = build(ROOT, Path(folder) / "release").path
        with serve(release, "--workers", "1") as site, open_browser(program) as browser:
            visit = Visit(browser, site)
            for name, kind in PICTURES.items():
                page = visit(paths[kind], width=WIDTH, height=HEIGHT)
                page.wait_for_load_state("networkidle")
                size = write_picture(FOLDER / f"{name}.webp", page)
                print(f"{name}.webp: {size:,} bytes", file=sys.stderr)
            visit.close()


def write_picture(file: Path, page: Page) -> int:
    """Write what a page shows as WebP, which Playwright itself cannot; gives the bytes it took."""
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 85})
    picture = b64decode(taken["data"])
    if len(picture) > LARGEST:
        sys.exit(f"{file.name} has {len(picture):,} bytes, more than {LARGEST:,}; show less of it")
    return file.write_bytes(picture)


if __name__ == "__main__":
    main()
