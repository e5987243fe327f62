"""Text files, read strictly: every way a file can refuse becomes a sentence."""

import stat
from pathlib import Path

from kg.errors import SourceError


def read_bytes(path: Path, shown: str) -> bytes:
    """Read a file whole; `shown` is the path that messages name.

    Raises SourceError when the file is missing, a folder, or not ours to read.
    """
    try:
        # Opening a pipe would wait for someone to write into it.
        if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):
            message = "this is no regular file (a pipe or a device); put a file in its place"
            raise SourceError(message, shown)
        return path.read_bytes()
    except FileNotFoundError:
        message = "the file does not exist; restore it or correct the path"
        raise SourceError(message, shown) from None
    except IsADirectoryError:
        message = "this is a folder where a file is expected; move its content or rename it"
        raise SourceError(message, shown) from None
    except PermissionError:
        message = "the file cannot be read; give yourself permission (chmod u+r)"
        raise SourceError(message, shown) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceError(f"the file cannot be read: {reason}", shown) from None


def decode_utf8(content: bytes, shown: str) -> str:
    """Decode UTF-8 without a byte order mark; line ends stay as they are.

    Raises SourceError naming the line and the first byte that is not UTF-8.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        message = "the file begins with a byte order mark; save it as UTF-8 without one"
        raise SourceError(message, shown, 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        byte = content[error.start]
        message = f"the file is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8"
        raise SourceError(message, shown, line, column) from None


def read_text(path: Path, shown: str) -> str:
    """Read a UTF-8 file; see `read_bytes` and `decode_utf8` for what is refused."""
    return decode_utf8(read_bytes(path, shown), shown)


def check_name(shown: str) -> None:
    """Raise SourceError for a path that is not UTF-8."""
    try:
        shown.encode()
    except UnicodeEncodeError:
        raise SourceError("the file's name is not UTF-8; rename the file", shown) from None
