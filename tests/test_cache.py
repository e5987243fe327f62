"""The cache of finished answers: bounded in bytes, the least asked for goes first."""

from hypothesis import given
from hypothesis import strategies as st

from server.compression import choose_coding, compress, is_worth_it
from server.sparql.cache import OVERHEAD, READY_PER_ENTRY, Cache, Entry, Ready


def ready(body: bytes) -> Ready:
    return Ready(b"", body, "", len(body), "ASK", "")


def entry_of(size: int) -> Entry:
    return Entry(b"x" * size)


def test_an_answer_is_found_by_its_key() -> None:
    cache = Cache(100_000)
    kept = entry_of(10)
    cache.put("a", kept)
    assert cache.get("a") is kept
    assert cache.get("b") is None


def test_the_answer_not_asked_for_longest_goes_first() -> None:
    cache = Cache(3 * (10_000 + OVERHEAD))
    cache.put("a", entry_of(1000))
    room = (3 * (10_000 + OVERHEAD)) // (1000 + OVERHEAD)
    for number in range(room - 1):
        cache.put(number, entry_of(1000))
    assert cache.get("a")
    cache.put("last", entry_of(1000))
    assert cache.get("a")
    assert cache.get(0) is None
    assert cache.evictions == 1


def test_an_answer_that_would_drive_out_the_others_is_not_kept() -> None:
    cache = Cache(100_000)
    cache.put("small", entry_of(10))
    cache.put("large", entry_of(20_000))
    assert cache.get("large") is None
    assert cache.get("small")


def test_no_capacity_keeps_nothing() -> None:
    cache = Cache(0)
    cache.put("a", entry_of(0))
    assert len(cache) == 0


def test_a_request_leads_to_the_ready_answer_until_its_entry_goes() -> None:
    cache = Cache(40_000)
    kept = entry_of(10)
    cache.put("a", kept)
    told = ready(kept.body)
    cache.remember("request", 7, "a", told)
    assert cache.find("request") is told
    for number in range(40):
        cache.put(number, entry_of(1000))
    assert cache.find("request") is None
    cache.remember("request", 7, "a", told)
    assert cache.find("request") is None


def test_spellings_of_one_question_do_not_grow_without_end() -> None:
    cache = Cache(1_000_000)
    kept = entry_of(10)
    cache.put("a", kept)
    for number in range(100):
        cache.remember(("request", number), 5000, "a", ready(kept.body))
    assert len(kept.requests) == READY_PER_ENTRY
    assert cache.held_bytes == 10 + OVERHEAD + READY_PER_ENTRY * (5000 + OVERHEAD)


def test_clear_forgets_everything() -> None:
    cache = Cache(100_000)
    cache.put("a", entry_of(10))
    cache.remember("request", 1, "a", ready(b""))
    cache.clear()
    assert (len(cache), cache.held_bytes) == (0, 0)
    assert cache.find("request") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9000), st.booleans()), max_size=60))
def test_the_cache_never_holds_more_than_its_bytes(steps: list[tuple[int, int, bool]]) -> None:
    cache = Cache(50_000)
    for key, size, again in steps:
        cache.put(key, entry_of(size))
        if again:
            cache.remember((key, size), size, key, ready(b"coded"))
        assert 0 <= cache.held_bytes <= 50_000
        held = [cache.get(key) for key in range(10)]
        assert sum(len(entry.body) for entry in held if entry) <= cache.held_bytes


def test_a_variant_is_made_once_and_weighs() -> None:
    cache, kept = Cache(100_000), entry_of(5000)
    cache.put("a", kept)
    before = cache.held_bytes
    packed = cache.code("a", kept, "gzip")
    assert cache.code("a", kept, "gzip") is packed
    assert cache.held_bytes == before + len(packed)
    assert cache.code("a", kept, None) is kept.body
    assert len(cache.code("a", kept, "zstd")) < 100


def test_a_variant_of_what_is_not_kept_weighs_nothing() -> None:
    cache = Cache(100_000)
    assert cache.code("a", entry_of(5000), "gzip")
    assert cache.held_bytes == 0


def test_compression_gives_the_same_bytes_each_time() -> None:
    assert compress(b"a" * 5000, "gzip") == compress(b"a" * 5000, "gzip")


def test_the_coding_is_chosen_as_the_client_weighs() -> None:
    for header, coding in (
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate, br", None),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "gzip"),
        ("gzip;q=0.2, identity;q=0.8", None),
        ("gzip;q=abc", None),
        ("gzip;q=7", None),
    ):
        assert choose_coding(header) == coding, header


@given(st.text(max_size=60))
def test_no_header_makes_the_choice_fail(header: str) -> None:
    assert choose_coding(header) in (None, "gzip", "zstd")


def test_only_texts_of_some_length_are_worth_it() -> None:
    for media_type in ("text/csv; charset=utf-8", "application/sparql-results+json"):
        assert is_worth_it(media_type, 5000)
        assert not is_worth_it(media_type, 500)
    assert not is_worth_it("application/gzip", 5000)
