"""Write files so that nobody ever meets a part of one."""

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there; a symbolic link keeps pointing to it.

    Raises:
        OSError: when it cannot be written.
    """
    place = path.resolve()
    part = place.with_name(f".{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
