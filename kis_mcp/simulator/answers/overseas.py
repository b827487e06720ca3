"""How KIS names US exchanges and the instruments on them."""

from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.market.instruments import Instrument

_EXCHANGES = {"nasdaq": ("NASD", "나스닥"), "nyse": ("NYSE", "뉴욕거래소"), "amex": ("AMEX", "아멕스")}
_EVERY_EXCHANGE = frozenset({"", "%", "NASD"})
_ONLY = {"NAS": "nasdaq", "NYSE": "nyse", "AMEX": "amex"}


def listing(instrument: Instrument) -> dict[str, object]:
    """The elements that identify an instrument, its market and its currency, under all their names."""
    code, name = _EXCHANGES[instrument.exchange]
    return {
        "pdno": instrument.symbol,
        "ovrs_pdno": instrument.symbol,
        "prdt_name": instrument.name_ko,
        "ovrs_item_name": instrument.name_ko,
        "item_name": instrument.name_ko,
        "prdt_type_cd": "512" if instrument.exchange == "nasdaq" else "513",
        "ovrs_excg_cd": code,
        "tr_mket_name": name,
        "tr_crcy_cd": "USD",
        "tr_crcy": "USD",
        "buy_crcy_cd": "USD",
        "natn_cd": "840",
        "tr_natn": "840",
        "natn_kor_name": "미국",
        "tr_natn_name": "미국",
    }


def on_exchange(instrument: Instrument, call: Call) -> bool:
    """Whether an instrument is on the exchange that a call asks for; NASD stands for all of the US."""
    code = call.text("OVRS_EXCG_CD")
    return code in _EVERY_EXCHANGE or _ONLY.get(code) == instrument.exchange
