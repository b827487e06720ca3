"""The files of markets abroad: shares and funds by exchange, indices, futures and options.

Structures: KIS' headers in the folder stocks_info of its sample repository; the numbers and Korean names of exchanges
are those of files that KIS published. Prices are left blank, as in the Korean files.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kis_mcp.simulator.market.indices_abroad import indices_abroad
from kis_mcp.simulator.market.instruments import Instrument, contracts, instruments
from kis_mcp.simulator.market.products import products
from kis_mcp.simulator.masters.records import fields, fixed, tabbed

_CODES = "sSrsCd 32 sAutoOrdGnrlYN 1 sAutoOrdTwapYN 1 sAutoOrdEcnmYN 1 "
_TERMS = (
    "sSeriesKrNm 50 sExchCd 10 sMrktCd 10 sClasCd 3 sDispDesz 5 sCalcDesz 5 sTickSz 14 sTickVal 14 sCtrtSz 10"
    " sDispDigit 4 sMultiplier 10 "
)
_FUTURE = fields(
    f"{_CODES}sFiller 47 {_TERMS}sNearFlg 1 sNearFlgDt 1 sSprdYN 1 sSprdLeg1YN 1 sExchSubCd 2",
)
_OPTION = fields(
    f"{_CODES}sExchSubCd 2 sFiller 45 {_TERMS}sSymbol 1 sStkPrc 20 sUndrInstr 10 sUndrAsset 32 sRefrAsset 32"
    " sIncTickPrc 19 sIncTickSz 5 sYearMon 6 sAtmFlg 1 sNearFlg 1"
)
_INDEX = fields(
    "cls_code 1 symb 10 hts_eng_isnm 39 hts_kor_isnm 40 bstp_cls_code 4 dow_30_yn 1 nasdaq_100_yn 1 snp_500_yn 1"
    " exch_cls_code 4 ntnl_cls_code 3"
)
_WORLD_INDEX, _US_INDEX = "W", "P"
_SUB_EXCHANGES = {
    "CME": "50", "CBOT": "51", "NYMEX": "52", "COMEX": "53", "EUREX": "60", "HKEx": "80", "SGX": "L0"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Exchange:
    """KIS' number of an exchange, and its Korean name in the files."""

    number: str
    name: str


_EXCHANGES = {
    "nasdaq": _Exchange("22", "나스닥"),
    "nyse": _Exchange("21", "뉴욕"),
    "amex": _Exchange("23", "아멕스"),
    "hong_kong": _Exchange("12", "홍콩"),
    "shanghai": _Exchange("16", "상해"),
    "shenzhen": _Exchange("17", "심천"),
    "tokyo": _Exchange("6", "도쿄"),
    "hanoi": _Exchange("71", "하노이"),
    "ho_chi_minh": _Exchange("70", "호치민"),
}
_STOCK, _FUND = "2", "3"


def shares(exchange: str) -> Iterator[bytes]:
    """The shares and funds of an exchange, by its word."""
    for share in instruments().values():
        if share.exchange == exchange and share.country != "KR":
            yield tabbed(*_share(share))


def indices() -> Iterator[bytes]:
    for index in indices_abroad().values():
        country = index.members[0].country
        values = {
            "cls_code": _US_INDEX if country == "US" else _WORLD_INDEX,
            "symb": index.code,
            "hts_kor_isnm": index.name_ko,
            "ntnl_cls_code": country,
        }
        yield fixed(_INDEX, values)


def futures(day: date) -> Iterator[bytes]:
    """Those that have not expired on a day."""
    for contract in _alive(day):
        if contract.kind == "future":
            values = {**_contract(contract), "sSprdYN": "N", "sSprdLeg1YN": "N"}
            yield fixed(_FUTURE, values)


def options(day: date) -> Iterator[bytes]:
    """Those that have not expired on a day."""
    for contract in _alive(day):
        if contract.kind != "future":
            values = {
                **_contract(contract),
                "sSymbol": "C" if contract.kind == "call" else "P",
                "sStkPrc": str(contract.strike),
                "sUndrInstr": contract.sector,
                "sYearMon": f"{contract.expiry:%Y%m}",
            }
            yield fixed(_OPTION, values)


def _alive(day: date) -> Iterator[Instrument]:
    for contract in contracts().values():
        if contract.category == "overseas_futureoption" and contract.expiry and contract.expiry >= day:
            yield contract


def _contract(contract: Instrument) -> dict[str, str]:
    product = products()[contract.sector]
    tick = contract.price(contract.tick(contract.base_units))
    return {
        "sSrsCd": contract.symbol,
        "sSeriesKrNm": contract.name_ko,
        "sExchCd": contract.listed_on.quote_code,
        "sMrktCd": product.code,
        "sClasCd": product.product_class,
        "sDispDesz": f"{contract.decimals:05}",
        "sCalcDesz": f"{contract.decimals:05}",
        "sTickSz": str(tick),
        "sTickVal": f"{tick * contract.multiplier:f}",
        "sCtrtSz": str(contract.multiplier),
        "sDispDigit": "0010",
        "sMultiplier": "1",
        "sExchSubCd": _SUB_EXCHANGES[product.sub_exchange],
    }


def _share(share: Instrument) -> tuple[str, ...]:
    exchange, quote_code, home = _EXCHANGES[share.exchange], share.listed_on.quote_code, share.home
    is_fund = share.kind == "etf"
    return (
        share.country,
        exchange.number,
        quote_code,
        exchange.name,
        share.symbol,
        f"{quote_code}{share.symbol}",
        share.name_ko,
        share.name_en.upper(),
        _FUND if is_fund else _STOCK,
        home.currency,
        str(share.decimals),
        "",
        "",
        str(share.lot),
        str(share.lot),
        f"{home.opens:%H%M}".lstrip("0"),
        f"{home.closes:%H%M}",
        "N",
        "",
        "",
        "0",
        "",
        "001" if is_fund else "   ",
        "   ",
    )
