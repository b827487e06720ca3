"""What shareholders get, over the socket."""

from datetime import datetime
from decimal import Decimal

from kis_mcp.clock import KST
from tests.simulator.wire import ACCOUNT, ManualClock, Wire, simulator, with_token

PATH = "/uapi/domestic-stock/v1/trading/period-rights"


async def rights(wire: Wire, start: str, end: str) -> list[dict[str, str]]:
    constants = {"INQR_DVSN": "03", "CUST_RNCNO25": "", "HMID": "", "RGHT_TYPE_CD": "", "PDNO": "", "PRDT_TYPE_CD": ""}
    elements = ACCOUNT | constants | {"INQR_STRT_DT": start, "INQR_END_DT": end}
    elements |= {"CTX_AREA_NK100": "", "CTX_AREA_FK100": ""}
    return (await wire.get(PATH, "CTRGA011R", elements)).json()["output1"]


async def test_a_years_dividend_is_listed_from_its_ex_date_and_is_cash_when_it_is_paid():
    clock = ManualClock(datetime(2026, 12, 28, 11, 0, tzinfo=KST))
    async with simulator(clock=clock) as (_, wire, _demo):
        await wire.order("buy", 10, code="01")
        assert await rights(wire, "20261201", "20271231") == []
        clock.pass_time(hours=23)
        (row,) = await rights(wire, "20261201", "20271231")
        assert await rights(wire, "20270101", "20271231") == []
        clock.now = datetime(2027, 4, 15, 11, 0, tzinfo=KST)
        wire = await with_token(wire)
        before = (await wire.balance()).json()["output2"][0]
        clock.pass_time(hours=14)
        after = (await wire.balance()).json()["output2"][0]
    gross, tax = Decimal(row["last_alct_amt"]), Decimal(row["tax_amt"])
    assert (row["rght_type_cd"], row["bass_dt"], row["shtn_pdno"], row["cblc_qty"]) == (
        "03",
        "20261231",
        "005930",
        "10",
    )
    assert row["cash_dfrm_dt"] == "20270416"
    assert gross > 0
    assert tax == int(gross * Decimal("0.154"))
    cash = [Decimal(sums["dnca_tot_amt"]) for sums in (before, after)]
    assert cash[1] - cash[0] == gross - tax
