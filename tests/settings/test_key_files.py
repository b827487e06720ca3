import json
from pathlib import Path

import pytest

from kis_mcp.errors import SettingsError
from kis_mcp.settings import read_key_file


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_kis_own_file_gives_keys_and_accounts_with_their_product_and_no_placeholder(tmp_path: Path) -> None:
    text = (
        'my_app: "앱키"\nmy_sec: "앱키 시크릿"\npaper_app: "PSkey"\npaper_sec: "PSsecret"\nmy_htsid: "trader"\n'
        'my_paper_stock: "12345678"\nmy_paper_future: "12345678-03"\nmy_prod: "01"\n'
        'prod: "https://openapi.koreainvestment.com:9443"\n'
    )
    assert read_key_file(written(tmp_path, "kis_devlp.yaml", text)) == {
        "paper_app_key": "PSkey",
        "paper_app_secret": "PSsecret",
        "hts_id": "trader",
        "paper_stock": "12345678-01",
        "paper_future": "12345678-03",
    }


def test_a_file_of_variables_gives_keys_and_nothing_else(tmp_path: Path) -> None:
    text = '# mine\nexport KIS_APP_KEY="a-key"\nKIS_APP_SECRET=a-secret\nKIS_ENV=real\nPATH=/bin\n'
    assert read_key_file(written(tmp_path, ".env", text)) == {"app_key": "a-key", "app_secret": "a-secret"}


@pytest.mark.parametrize(
    ("virtual", "account", "expected"),
    [
        (False, "12345678-01", {"app_key": "k", "app_secret": "s", "acct_stock": "12345678-01"}),
        (True, "12345678-03", {"paper_app_key": "k", "paper_app_secret": "s", "paper_future": "12345678-03"}),
    ],
)
def test_json_of_python_kis_gives_one_account(
    virtual: bool, account: str, expected: dict[str, str], tmp_path: Path
) -> None:
    said = {"id": "trader", "appkey": "k", "secretkey": "s", "account": account, "virtual": virtual}
    assert read_key_file(written(tmp_path, "secret.json", json.dumps(said))) == {**expected, "hts_id": "trader"}


@pytest.mark.parametrize("text", ["", "{", "{}", "my_app: [1]", "a: b", "my_htsid: trader", "KIS_ENV=real"])
def test_a_file_without_a_key_is_refused_and_names_what_would_do(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_key_file(written(tmp_path, "file", text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yaml"):
        read_key_file(tmp_path / "absent.yaml")
