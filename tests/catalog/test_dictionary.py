"""The dictionary of the real table: what ``tools/elements.csv`` promises to everyone who writes or reads a row."""

import csv
import re
import tomllib
from collections import Counter, defaultdict
from typing import NamedTuple, get_args

import pytest

from kis_mcp.catalog.data import tools_folder
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import FieldType
from kis_mcp.catalog.rows import PREFIXES


class Entry(NamedTuple):
    element: str
    name: str
    type: str
    label_ko: str


NUMBERS = {"integer", "decimal"}
TYPES_BY_SUFFIX = {
    "date": {"date"},
    "datetime": {"datetime"},
    "time": {"time"},
    "rate": {"decimal"},
    "ratio": {"decimal"},
    "yield": {"decimal"},
    "direction": {"enum:price_direction"},
    "code": {"string"},
    "id": {"string", "private"},
    "name": {"string", "private"},
    "number": {"string", "account", "private"},
    "symbol": {"string"},
    "isin": {"string"},
    "currency": {"string"},
    "price": NUMBERS,
    "amount": NUMBERS,
    "turnover": NUMBERS,
    "quantity": NUMBERS,
    "volume": NUMBERS,
    "count": NUMBERS,
    "shares": NUMBERS,
}
MEANINGS = {
    "ntby": "net_buy|net_bid|net_sell",
    "seln": "sell|ask|^side$",
    "shnu": "buy|bid",
    "sll": "sell|side",
    "evlu": "valuation|nice|average",
    "pfls": "profit_loss",
    "rlzt": "realized",
    "frgn": "foreign",
    "frcr": "foreign|fx",
    "ovtm": "after_hours|extended_hours",
    "prst": "preferred",
    "unas": "underlying",
    "ssts": "short_sale",
    "ccld": "fill|holding|^trade_side$",
    "glob": "foreign",
    "orgn": "institution|original",
    "prsn": "individual",
    "pgtr": "program",
    "vltl": "volatility",
    "lstg": "list",
    "sbsc": "subscription",
    "thdt": "today",
    "nxdy": "next_day",
    "bfdy": "previous|^change$",
    "rsqn": "quantity",
    "csnu": "count",
    "askp": "ask|sell|short",
    "bidp": "bid|buy|long",
    "mxpr": "upper_limit_price|price_limit",
    "llam": "lower_limit_price|price_limit",
    "sttl": "settlement|payment",
    "rmnd": "balance",
    "exrt": "exchange_rate",
    "inrt": "growth_rate|coupon|roe|rate_application",
}
"""KIS morpheme → what its English must contain, one of them."""


def entries() -> list[Entry]:
    with (tools_folder() / "elements.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert header == list(Entry._fields)
    return [Entry(*row) for row in rows]


ENTRIES = entries()
NAMES = {entry.element: entry.name for entry in ENTRIES}
ENUMS: dict[str, dict[str, str]] = tomllib.loads((tools_folder() / "common.toml").read_text(encoding="utf-8"))["enums"]


def suffix(name: str) -> str:
    """The word that says what a name is: the last, but ``price`` of ask_price_1 and ``change`` of change_from_low."""
    bare = re.sub(r"_\d+$", "", name)
    compared = re.fullmatch(r"(change|direction)_from_(?!.*_rate$).+", bare)
    return compared[1] if compared else bare.rpartition("_")[2]


def test_elements_are_lower_case_sorted_and_told_once():
    elements = [entry.element for entry in ENTRIES]

    assert elements == sorted(set(elements))
    assert not [element for element in elements if not re.fullmatch(r"[a-z0-9_]+", element)]


def test_names_are_snake_case_and_short():
    assert not [
        entry
        for entry in ENTRIES
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", entry.name) or len(entry.name) > 40
    ]


def test_every_element_keeps_its_korean_label():
    assert not [entry for entry in ENTRIES if not entry.label_ko or entry.label_ko != entry.label_ko.strip()]


def test_types_exist_and_enumerations_are_defined():
    plain = {*get_args(FieldType)} - {"enum"}

    assert not [entry for entry in ENTRIES if entry.type not in plain | {f"enum:{name}" for name in ENUMS}]


def test_enumeration_words_are_snake_case():
    words = {word for codes in ENUMS.values() for word in codes.values()}

    assert not [word for word in words if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", word)]


def test_a_name_ends_in_what_its_type_says():
    wrong = [entry for entry in ENTRIES if entry.type not in TYPES_BY_SUFFIX.get(suffix(entry.name), {entry.type})]

    assert not wrong


def test_what_identifies_the_customer_is_never_plain_text():
    private = re.compile(r"계좌번호|종합계좌|계좌명|전화번호|IP주소|고객 ?ID|유저ID")

    assert {entry.type for entry in ENTRIES if private.search(entry.label_ko)} == {"account", "private"}


def test_dates_times_and_directions_say_so_in_their_names():
    words = {"date": "date", "time": "time", "datetime": "datetime", "enum:price_direction": "direction"}

    assert not [entry for entry in ENTRIES if suffix(entry.name) != words.get(entry.type, suffix(entry.name))]


def test_flags_are_boolean_or_words():
    assert not [
        entry
        for entry in ENTRIES
        if entry.element.endswith("_yn") and entry.type != "boolean" and not entry.type.startswith("enum:")
    ]


def test_a_kis_morpheme_keeps_its_english():
    strayed = [
        entry
        for entry in ENTRIES
        for morpheme in entry.element.split("_")
        if not re.search(MEANINGS.get(morpheme, ""), entry.name)
    ]

    assert not strayed


def test_names_carry_no_kis_morpheme():
    english = Counter(word for entry in ENTRIES for word in entry.name.split("_"))

    assert not english.keys() & MEANINGS.keys()


def test_numbered_families_keep_their_numbers():
    families: dict[str, dict[int, str]] = defaultdict(dict)
    for entry in ENTRIES:
        if numbered := re.fullmatch(r"(.+?)(\d{1,2})", entry.element):
            families[numbered[1]][int(numbered[2])] = entry.name
    numbered_names = {
        stem: {number: names[number] for number in range(1, 6)}
        for stem, names in families.items()
        if names.keys() >= {1, 2, 3, 4, 5}
    }

    assert len(numbered_names) > 20
    for names in numbered_names.values():
        stem = names[1].removesuffix("_1")
        assert names == {number: f"{stem}_{number}" for number in range(1, 6)}


@pytest.mark.parametrize(
    ("element", "name"),
    [
        ("stck_prpr", "price"),
        ("stck_oprc", "open"),
        ("stck_prdy_clpr", "previous_close"),
        ("prdy_vrss", "change"),
        ("prdy_ctrt", "change_rate"),
        ("prdy_vrss_sign", "price_direction"),
        ("acml_vol", "volume"),
        ("acml_tr_pbmn", "turnover"),
        ("askp10", "ask_price_10"),
        ("bidp_rsqn1", "bid_quantity_1"),
        ("hts_otst_stpl_qty", "open_interest"),
        ("hts_ints_vltl", "implied_volatility"),
        ("pgtr_ntby_qty", "program_net_buy_quantity"),
        ("pchs_avg_pric", "purchase_average_price"),
        ("evlu_pfls_amt", "valuation_profit_loss"),
        ("odno", "order_id"),
        ("pdno", "symbol"),
        ("tot_ccld_qty", "filled_quantity"),
    ],
)
def test_the_terms_that_everyone_relies_on_stay(element: str, name: str):
    assert NAMES[element] == name


@pytest.mark.parametrize("category", PREFIXES)
def test_every_field_of_the_table_is_in_the_dictionary_and_no_block_says_a_name_twice(category: str):
    fields = [
        field for api in Catalog(strict=True).category(category) for block in api.blocks for field in block.fields
    ]

    assert all(field.name and field.label_ko for field in fields)
