import pytest

from kis_mcp.catalog.search_terms import Vocabulary, vocabulary

WORDS = Vocabulary(
    {
        "-": ["the", "조회"],
        "dividend": ["배당", "dividend", "payout"],
        "payout": ["payout"],
        "buy": ["매수", "buy"],
        "net buy": ["순매수", "net buying"],
        "buying power": ["매수가능금액"],
        "before the open": ["장 전"],
        "my": ["내", "my"],
    },
    {"dividend": frozenset({"domestic_stock"})},
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Dividends", ["=dividend"]),
        ("배당", ["=dividend"]),
        ("net buying", ["=net buy"]),
        ("순매수", ["=net buy"]),
        ("the quote", ["quote"]),
        ("", []),
        ("!?", []),
    ],
)
def test_words_of_one_meaning_are_one_term_and_others_are_themselves(text: str, terms: list[str]) -> None:
    assert WORDS.terms(text) == terms


def test_a_word_may_have_several_meanings() -> None:
    assert sorted(WORDS.terms("payout")) == ["=dividend", "=payout"]


def test_an_english_word_is_no_part_of_another() -> None:
    assert WORDS.terms("mythical buyer") == ["mythical", "buyer"]


def test_a_korean_word_is_known_inside_a_compound_and_with_a_particle() -> None:
    assert WORDS.terms("국내배당금은 조회") == ["국내", "=dividend", "금은"]


@pytest.mark.parametrize("text", ["매수가능금액", "매수 가능 금액", "매수가능 금액", "매수 가능금액을"])
def test_a_compound_may_be_written_with_spaces(text: str) -> None:
    assert WORDS.terms(text) == ["=buying power"]


@pytest.mark.parametrize(
    ("text", "known"), [("내 계좌", True), ("안내 계좌", False), ("장 전", True), ("시장 전체", False)]
)
def test_a_word_of_one_syllable_counts_only_by_itself(text: str, known: bool) -> None:
    assert any(term.startswith("=") for term in WORDS.terms(text)) is known


def test_what_no_meaning_covers_is_read_as_pairs_of_syllables() -> None:
    assert WORDS.terms("휴장일") == ["휴장", "장일"]


def test_the_two_languages_meet_in_the_vocabulary() -> None:
    for korean, english in (
        ("배당", "dividend"),
        ("외국인", "foreigner"),
        ("호가", "order book"),
        ("공매도", "short sale"),
    ):
        assert set(vocabulary().terms(korean)) == set(vocabulary().terms(english))


@pytest.mark.parametrize(("company", "category"), [("삼성전자", "domestic_stock"), ("NVIDIA", "overseas_stock")])
def test_a_known_company_is_one_stock_of_its_market(company: str, category: str) -> None:
    terms, categories = vocabulary().terms(company), vocabulary().categories
    assert "=one stock" in terms
    assert [category in categories[term] for term in terms if term in categories] == [True]


def test_a_word_of_the_vocabulary_is_no_company() -> None:
    assert vocabulary().terms("Korea") == ["=korea"]


def test_the_news_are_no_plural_of_new() -> None:
    assert vocabulary().terms("news") == vocabulary().terms("뉴스")
    assert not set(vocabulary().terms("news")) & set(vocabulary().terms("new"))
