"""The command line with KIS_LANG=ko."""

from pathlib import Path

from tests.cli.command import run, run_here

KOREAN = {"KIS_LANG": "ko"}


def test_what_a_command_says_is_korean(tmp_path: Path) -> None:
    result = run_here("kill", "시장이 이상함", data_dir=tmp_path, **KOREAN)
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{tmp_path}의 모든 신규 주문이 중단되어 있습니다: ")
    assert first.endswith(", `kis-mcp kill`로: 시장이 이상함.")
    assert second == "`kis-mcp resume`으로 해제합니다. 데이터 폴더(KIS_DATA_DIR)가 다른 서버는 중단되지 않습니다."


def test_an_error_of_a_command_is_korean(tmp_path: Path) -> None:
    result = run_here("call", "get_quote", "no JSON", data_dir=tmp_path, **KOREAN)
    assert result.returncode == 2
    assert result.stderr.startswith("kis-mcp: 인자가 JSON 객체가 아닙니다. ")


def test_a_wrong_language_is_told_in_english(tmp_path: Path) -> None:
    result = run_here("orders", data_dir=tmp_path, KIS_LANG="kr")
    assert result.returncode == 2
    assert result.stderr.startswith("kis-mcp: KIS_LANG cannot be used: ")


def test_headings_are_korean_and_json_keeps_the_names_of_fields(tmp_path: Path) -> None:
    quote = ("call", "get_quote", '{"symbol": "005930"}')
    shown = run_here(*quote, data_dir=tmp_path, **KOREAN).stdout
    assert all(word in shown for word in ("현재가", "종목코드", "전일종가", "거래량"))
    assert "previous_close" not in shown
    assert "previous_close" in run_here(*quote, "--json", data_dir=tmp_path, **KOREAN).stdout
    assert "도구 모음" in run_here("tools", data_dir=tmp_path, **KOREAN).stdout


def test_help_is_korean_down_to_its_options_and_subcommands(tmp_path: Path) -> None:
    whole = run("--help", data_dir=tmp_path, **KOREAN).stdout
    assert ("MCP를 제공합니다" in whole, "매매 전략을 작성하고" in whole, "Serve MCP" in whole) == (True, True, False)
    of_orders = run("orders", "--help", data_dir=tmp_path, **KOREAN).stdout
    assert ("오늘을 포함한 일수" in of_orders, "옵션" in of_orders, "How many days" in of_orders) == (True, True, False)
