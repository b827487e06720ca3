"""The files of the Korean exchange: shares, funds, warrants, bonds, indices, futures and options.

Structures: KIS' headers in the folder stocks_info of its sample repository. Prices, volumes and what is reckoned from
them (the market's value, its warnings) are left blank: a file is asked for to find names in it, and all its prices
would take seconds of reckoning.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from kis_mcp.simulator.market.bonds import BondClass, bond_terms
from kis_mcp.simulator.market.chains import Product, chain, products
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.listings import ISSUERS, is_preferred, listings, warrant_terms
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.states import is_administrative
from kis_mcp.simulator.masters.records import fields, fixed, piped

_HEAD = "mksc_shrn_iscd 9 stnd_iscd 12 hts_kor_isnm 40 scrt_grp_cls_code 2 "
_TRADING = (
    "stck_sdpr 9 frml_mrkt_deal_qty_unit 5 ovtm_mrkt_deal_qty_unit 5 trht_yn 1 sltr_yn 1 mang_issu_yn 1"
    " mrkt_alrm_cls_code 2 mrkt_alrm_risk_adnt_yn 1 insn_pbnt_yn 1 byps_lstn_yn 1 flng_cls_code 2 fcam_mod_cls_code 2"
    " icic_cls_code 2 marg_rate 3 crdt_able 1 crdt_days 3 prdy_vol 12 stck_fcam 12 stck_lstn_date 8 lstn_stcn 15"
    " cpfn 21 stac_month 2 po_prc 7 prst_cls_code 1 ssts_hot_yn 1 stange_runup_yn 1 krx300_issu_yn 1 "
)
_FIGURES = "sale_account 9 bsop_prfi 9 op_prfi 9 thtr_ntin 5 roe 9 base_date 8 prdy_avls_scal 9 grp_code 3 "
_LENDING = "co_crdt_limt_over_yn 1 secu_lend_able_yn 1 stln_able_yn 1"
_INDUSTRIES = "avls_scal_cls_code 1 bstp_larg_div_code 4 bstp_medm_div_code 4 bstp_smal_div_code 4 "
_SECTORS = (
    "krx100_issu_yn 1 krx_car_yn 1 krx_smcn_yn 1 krx_bio_yn 1 krx_bank_yn 1 etpr_undt_objt_co_yn 1 krx_enrg_chms_yn 1"
    " krx_stel_yn 1 short_over_cls_code 1 krx_medi_cmnc_yn 1 krx_cnst_yn 1 "
)
_BUSINESSES = " krx_scrt_yn 1 krx_ship_yn 1 krx_insu_yn 1 krx_trnp_yn 1 "
_SHARES = {
    "kospi": fields(
        f"{_HEAD}{_INDUSTRIES}mnin_cls_code_yn 1 low_current_yn 1 sprn_strr_nmix_issu_yn 1 kospi200_apnt_cls_code 1"
        f" kospi100_issu_yn 1 kospi50_issu_yn 1 krx_issu_yn 1 etp_prod_cls_code 1 elw_pblc_yn 1 {_SECTORS}"
        f"krx_fnnc_svc_yn 1{_BUSINESSES}sri_nmix_yn 1 {_TRADING}kospi_issu_yn 1 {_FIGURES}{_LENDING}"
    ),
    "kosdaq": fields(
        f"{_HEAD}{_INDUSTRIES}vntr_issu_yn 1 low_current_yn 1 krx_issu_yn 1 etp_prod_cls_code 1 {_SECTORS}"
        f"invt_alrm_yn 1{_BUSINESSES}ksq150_nmix_yn 1 {_TRADING}{_FIGURES}{_LENDING}"
    ),
}
_WARRANT = fields(
    "mksc_shrn_iscd 9 stnd_iscd 12 hts_kor_isnm 40 elw_nvlt_optn_cls_code 1 elw_ko_barrier 13 bskt_yn 1 unas_iscd1 9"
    " unas_iscd2 9 unas_iscd3 9 unas_iscd4 9 unas_iscd5 9 elw_pblc_istu_name 40 elw_pblc_mrkt_prtt_no 5 acpr 9"
    " stck_last_tr_month 8 rmnn_dynu 4 rght_type_cls_code 1 paym_date 8 prdy_avls 9 lstn_stcn 15 mrkt_prtt_no1 5"
    " mrkt_prtt_no2 5 mrkt_prtt_no3 5 mrkt_prtt_no4 5 mrkt_prtt_no5 5 mrkt_prtt_no6 5 mrkt_prtt_no7 5 mrkt_prtt_no8 5"
    " mrkt_prtt_no9 5 mrkt_prtt_no10 5"
)
_BOND = fields("type 2 bond_cls_code 2 stnd_iscd 12 sname 40 bond_int_cls_code 2 lstn_date 8 pblc_date 8 rdmp_date 8")
"""As far as KIS' own reader goes, which counts from the end of a row."""

_INDEX = fields("idx_div 1 idx_code 4 idx_name 40")
_COMMODITY = fields(
    "com_type 1 info_type 1 shrn_iscd 9 stnd_iscd 12 kor_name 40 atm_cls_code 1 acpr 8 mmsc_cls_code 1 prod_no 3"
    " prod_name 40"
)

_MEMBERS = {
    "kospi": {"kospi200": ("kospi200_apnt_cls_code", "1", "0")},
    "kosdaq": {"kosdaq150": ("ksq150_nmix_yn", "Y", "N")},
}
"""Board → group → the field, and its words for yes and no. In KOSPI 200 the word is one of the index's sectors, which
the world has not: any but 0 says that it is in. Indices that the world has not are left blank."""

_KRX_INDICES = {
    "krx_auto": "krx_car_yn",
    "krx_semiconductor": "krx_smcn_yn",
    "krx_bank": "krx_bank_yn",
    "krx_steel": "krx_stel_yn",
    "krx_securities": "krx_scrt_yn",
}
"""Group of a share → the field that tells whether it is in, with Y and N."""

_GROUPS = {"stock": "ST", "etf": "EF", "etn": "EN"}
_BONDS: dict[BondClass, tuple[str, str, str, str]] = {
    "treasury": ("C0", "GA", "03", "02"),
    "municipal": ("C0", "MB", "03", "02"),
    "special": ("C0", "SA", "03", "02"),
    "corporate": ("A0", "CA", "13", "12"),
}
"""Class → KIS' type and class, and its words for paying coupons and for compounding."""

_INDEX_CONTRACTS = {
    "kospi200": {"future": "1", "call": "5", "put": "6"},
    "mini_kospi200": {"future": "B", "call": "D", "put": "E"},
    "kosdaq150": {"future": "3"},
}
_COMMODITIES = {"KTB3": ("1", "B03"), "KTB5": ("1", "B05"), "KTB10": ("1", "B10")}
_KINDS = {"future": "1", "call": "5", "put": "6"}
_CURRENCY = "2"


def shares(board: str) -> Iterator[bytes]:
    """The shares and funds of KOSPI or KOSDAQ."""
    structure = _SHARES[board]
    for share in instruments().values():
        if share.board == board and share.kind in _GROUPS:
            yield fixed(structure, _share(share))


def warrants(market: Market, day: date) -> Iterator[bytes]:
    """The ELW between their first and last days. Those that ended early at their barrier are among them: which these
    are would take their underlyings' whole history."""
    for symbol, terms in warrant_terms().items():
        warrant, issuer = market.instruments[symbol], ISSUERS[terms.issuer]
        if terms.listed_since <= day <= terms.expiry:
            values = {
                "mksc_shrn_iscd": symbol,
                "hts_kor_isnm": warrant.name_ko,
                "elw_nvlt_optn_cls_code": "2" if terms.barrier else "0",
                "elw_ko_barrier": f"{terms.barrier:013.2f}" if terms.barrier else "",
                "bskt_yn": "N",
                "unas_iscd1": terms.underlying,
                "elw_pblc_istu_name": issuer.name,
                "elw_pblc_mrkt_prtt_no": issuer.code,
                "acpr": f"{terms.strike:09.2f}",
                "stck_last_tr_month": f"{terms.expiry:%Y%m%d}",
                "rmnn_dynu": f"{(terms.expiry - day).days:04}",
                "rght_type_cls_code": "C" if terms.right == "call" else "P",
                "lstn_stcn": f"{terms.listed_shares // 1000:015}",
                "mrkt_prtt_no1": issuer.code,
            }
            yield fixed(_WARRANT, values)


def bonds(market: Market, day: date) -> Iterator[bytes]:
    """The bonds that trade on a day."""
    for terms in bond_terms().values():
        if market.is_listed_on(market.instruments[terms.symbol], day):
            bond_type, bond_class, coupon, compounds = _BONDS[terms.bond_class]
            values = {
                "type": bond_type,
                "bond_cls_code": bond_class,
                "stnd_iscd": terms.symbol,
                "sname": terms.name_ko,
                "bond_int_cls_code": compounds if terms.compounds else coupon,
                "lstn_date": f"{terms.issued:%Y%m%d}",
                "pblc_date": f"{terms.issued:%Y%m%d}",
                "rdmp_date": f"{terms.matures:%Y%m%d}",
            }
            yield fixed(_BOND, values)


def sectors() -> Iterator[bytes]:
    """The indices. What stands before a code is its first letter once more."""
    for index in indices().values():
        yield fixed(_INDEX, {"idx_div": index.code[0], "idx_code": index.code, "idx_name": index.name_ko})


def index_contracts(day: date) -> Iterator[bytes]:
    for product in products().values():
        for kind, word in _INDEX_CONTRACTS.get(product.sector, {}).items():
            yield from _piped_contracts(product, kind, word, indices()[product.follows].name_ko, day)


def share_contracts(day: date) -> Iterator[bytes]:
    for product in products().values():
        if product.sector == "stock":
            share = instruments()[product.follows]
            yield from _piped_contracts(product, "future", "1" if share.board == "kospi" else "3", share.name_ko, day)


def commodity_contracts(day: date) -> Iterator[bytes]:
    """Those on bonds of the state and on currencies."""
    for product in products().values():
        if product.sector not in _INDEX_CONTRACTS and product.sector != "stock":
            com_type, number = _COMMODITIES.get(product.follows, (_CURRENCY, product.follows))
            for kind, word in _KINDS.items():
                for place, contract in _in_order(chain(product, kind, day)):
                    values = {
                        "com_type": com_type,
                        "info_type": word,
                        "shrn_iscd": contract.symbol,
                        "kor_name": contract.name_ko,
                        "acpr": f"{contract.strike:08.2f}",
                        "mmsc_cls_code": place,
                        "prod_no": number,
                        "prod_name": product.underlying,
                    }
                    yield fixed(_COMMODITY, values)


def _share(share: Instrument) -> dict[str, str]:
    listing = listings()[share.symbol]
    since = listing.listed_since
    flags = _MEMBERS[share.board] | {group: (field, "Y", "N") for group, field in _KRX_INDICES.items()}
    return {
        **{field: yes if group in listing.groups else no for group, (field, yes, no) in flags.items()},
        "mksc_shrn_iscd": share.symbol,
        "stnd_iscd": listing.isin,
        "hts_kor_isnm": share.name_ko,
        "scrt_grp_cls_code": _GROUPS[share.kind],
        "frml_mrkt_deal_qty_unit": f"{share.lot:05}",
        "trht_yn": "N",
        "sltr_yn": "N",
        "mang_issu_yn": "Y" if is_administrative(share) else "N",
        "marg_rate": f"{listing.margin_percent:03}",
        "stck_lstn_date": f"{since:%Y%m%d}" if since else "",
        "lstn_stcn": f"{share.listed_shares // 1000:015}",
        "prst_cls_code": "1" if is_preferred(share.symbol) else "0",
    }


def _piped_contracts(product: Product, kind: str, word: str, underlying: str, day: date) -> Iterator[bytes]:
    for place, contract in _in_order(chain(product, kind, day)):
        yield piped(
            word,
            contract.symbol,
            "",
            contract.name_ko,
            " ",
            f"{contract.strike:08.2f}",
            place,
            product.follows,
            underlying,
        )


def _in_order(contracts: Sequence[Instrument]) -> Iterator[tuple[str, Instrument]]:
    """Each contract with the place of its month: 1 the nearest."""
    months = sorted({contract.expiry for contract in contracts if contract.expiry})
    for contract in contracts:
        if contract.expiry:
            yield str(months.index(contract.expiry) + 1), contract
