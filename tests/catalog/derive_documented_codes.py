"""Derive ``documented_codes.tsv`` from KIS' workbook of 2026-06-03 as JSON, and what later editions changed of it.

Run by hand: ``python tests/catalog/derive_documented_codes.py <folder of the JSON files>``. What is kept are facts:
which codes a note names, the bounds that it gives, and the documented length. None of KIS' sentences is kept.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

CATEGORIES = (
    "domestic_stock",
    "overseas_stock",
    "domestic_futureoption",
    "overseas_futureoption",
    "domestic_bond",
    "etfetn",
    "elw",
)
COLUMNS: tuple[str, ...] = ("category", "slug", "element", "length", "least", "most", "listed", "named")

_LEFT_OUT = re.compile(r"CANO|ACNT_PRDT_CD|CTX_AREA_\w+|KEYB")
"""The account, and where a page goes on."""

_LISTED = re.compile(r"(?<![A-Za-z0-9.가-힣%])([A-Z0-9%]{1,8}|[A-Z][A-Za-z]{2,4})\s*[:：]")
_NAMED = re.compile(r"(?<![A-Za-z0-9%])(?=[a-z]*[A-Z0-9%])[A-Za-z0-9%][A-Za-z0-9%_]{0,9}(?![A-Za-z0-9%])")
_MOST = re.compile(r"최대 ?(\d+)")
_RANGE = re.compile(r"(?<!\d)(\d+) ?~ ?(\d+)(?!\d)")

_KRX_TYPES = "00 01 02 03 04 05 06 11 12 13 14 15 16 21 22 23 24 41 42 43 44 45 46 47 27 28 29"
LATER = {
    # notice of 2026-09-09, and the workbook of 2026-10-07
    ("domestic_stock", "order_cash", "ORD_DVSN"): (_KRX_TYPES, ""),
    ("domestic_stock", "order_credit", "ORD_DVSN"): (_KRX_TYPES, ""),
    ("domestic_stock", "order_rvsecncl", "ORD_DVSN"): (_KRX_TYPES, ""),
    ("domestic_stock", "inquire_balance", "AFHR_FLPR_YN"): ("N X Y", ""),
    ("domestic_stock", "inquire_balance_rlz_pl", "AFHR_FLPR_YN"): ("N X Y", ""),
    # workbook of 2026-09-11
    ("domestic_stock", "comp_interest", "DATA_GB"): ("1 2 3", "1"),
    ("domestic_stock", "comp_interest", "FID_DIV_CLS_CODE"): ("", "0"),
    ("domestic_stock", "comp_interest", "FID_DIV_CLS_CODE1"): ("", "1"),
    ("domestic_stock", "bulk_trans_num", "fid_input_price_1"): ("01 02 03 04 05 06 07", ""),
}
"""Element → the codes that a later edition or notice lists or, without a meaning, names."""


def documented(folder: Path) -> Iterator[dict[str, str]]:
    """A row for each request element of each REST API."""
    for category in CATEGORIES:
        for api in json.loads((folder / f"{category}.json").read_text("utf-8")):
            if api["kind"] != "rest":
                continue
            lengths = {row["element"]: row["length"] for row in api["request"]}
            notes = {row["element"]: f"{row['note'] or ''} {row['name_ko'] or ''}" for row in api["request"]}
            for category_, slug, element in LATER:
                if (category_, slug) == (category, api["name"]) and element not in notes:
                    lengths[element], notes[element] = "1", ""
            for element, note in notes.items():
                if not _LEFT_OUT.fullmatch(element):
                    yield row_of(category, api["name"], element, lengths[element], note)


def row_of(category: str, slug: str, element: str, length: str, note: str) -> dict[str, str]:
    listed, named = sorted(set(_LISTED.findall(note))), sorted(set(_NAMED.findall(note)))
    if later := LATER.get((category, slug, element)):
        listed = later[0].split()
        named = [*dict.fromkeys([*listed, *later[1].split()])]
    most, span = _MOST.search(note), _RANGE.fullmatch(note.split()[0] if note.split() else "")
    return {
        "category": category,
        "slug": slug,
        "element": element,
        "length": length if length.isdigit() else "",
        "least": span[1] if span else "",
        "most": span[2] if span else most[1] if most else "",
        "listed": " ".join(listed),
        "named": " ".join(named),
    }


def main(folder: Path) -> None:
    path = Path(__file__).with_name("documented_codes.tsv")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        rows.writeheader()
        rows.writerows(documented(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
