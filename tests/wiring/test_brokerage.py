from kis_mcp.wiring.brokerage import describe


def test_a_code_that_two_countries_have_is_described_in_its_own_market_only() -> None:
    found = describe("000660", "KR")
    assert found is not None
    assert found.name == "SK하이닉스"
    assert describe("000660", "CN") is None
