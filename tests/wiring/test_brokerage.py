from kis_mcp.wiring.brokerage import find_instrument


def test_a_code_that_two_countries_have_is_found_in_its_own_market_only() -> None:
    found = find_instrument("000660", "KR")
    assert found is not None
    assert found.name == "SK하이닉스"
    assert find_instrument("000660", "CN") is None
