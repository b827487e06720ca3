"""How long it takes to find one of 100,000 instruments by its name, beside a plain scan of a list.

python tests/benchmarks/instruments.py
"""

import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from report import line, median

from kis_mcp.market import Listing, search_listings
from kis_mcp.storage import ListingFile

COUNT, QUERIES = 100_000, 200
SYLLABLES = "가나다라마바사아자차카타파하강남동서북한국대성신일진태평화현삼엘지오유전기건설증권은행바이오테크"

drawn = random.Random(1)
kinds = ["stock"] * 5 + ["etf", "elw", "call", "put", "future"]


def made(number: int) -> Listing:
    name = "".join(drawn.choices(SYLLABLES, k=drawn.randint(3, 8)))
    return Listing(
        symbol=f"X{number:06}",
        market=drawn.choice(["KR", "US", "HK", "CN", "JP"]),
        exchange="krx",
        kind=drawn.choice(kinds),  # type: ignore[arg-type]
        name_ko=name,
        name_en=f"{name.encode('cp949').hex()[:12]} Holdings",
    )


def scan(query: str) -> list[Listing]:
    """What a program does that has no index."""
    wanted = query.casefold()
    found = (each for each in listings if wanted in each.name_ko.casefold() or wanted in each.name_en.casefold())
    return [each for each, _ in zip(found, range(10), strict=False)]


def milliseconds(search: Callable[[str], object]) -> list[float]:
    taken: list[float] = []
    for query in queries:
        start = time.perf_counter()
        search(query)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


listings = [made(number) for number in range(COUNT)]
named = [each for each in listings if each.kind in ("stock", "etf")]
queries = [drawn.choice(named).name_ko for _ in range(QUERIES)]

with tempfile.TemporaryDirectory() as folder:
    store = ListingFile(Path(folder) / "instruments.db")
    start = time.perf_counter()
    store.replace({"made": listings}, datetime.now(UTC))
    line(f"{COUNT:,} instruments written", time.perf_counter() - start, "s", 15)
    found = median(milliseconds(lambda query: search_listings(store, query, 10)))
    scanned = median(milliseconds(scan))
    line("one search, median", found, "ms", 5)
    line("a plain scan of a list, median", scanned, "ms", 1_000)
    line("a search beside a scan", found / scanned, "times", 0.5)
