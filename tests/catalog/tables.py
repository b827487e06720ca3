"""A small spec table of our own, with one row for each hard case."""

from pathlib import Path

from kis_mcp.catalog.loader import Catalog

COMMON = """
[paging.fk100]
keys = { CTX_AREA_FK100 = "ctx_area_fk100", CTX_AREA_NK100 = "ctx_area_nk100" }

[enums.price_direction]
2 = "up"
5 = "down"

[params.symbol]
element = "FID_INPUT_ISCD"
type = "symbol"
pattern = "[0-9A-Z]{6,7}"
required = true
description = "KRX code."
example = "005930"
"""

ELEMENTS = """element,name,type,label_ko
stck_prpr,price,integer,주식 현재가
prdy_ctrt,change_percent,decimal,전일 대비율
prdy_vrss_sign,direction,enum:price_direction,전일 대비 부호
stck_bsop_date,date,date,영업 일자
vi_cls_code,volatility_interruption,boolean,VI 여부
hts_kor_isnm,name,string,종목명
odno,order_number,string,주문번호
"""

STOCKS = """
[quote]
title = "Quote"
title_ko = "현재가"
description = "Last price of one stock."
path = "/quote"
tr = { real = "Q1", demo = "Q1" }
cache = "quote"
constants = { FID_SCR = "20171", FID_DAY = "$today" }
untrusted = "name"
example = { symbol = "005930" }
[quote.params]
market = { element = "FID_MRKT", type = "enum", codes = { krx = "J", nxt = "NX" }, default = "krx", demo_words = ["krx"], description = "Venue." }
symbol = { use = "symbol" }
adjusted = { element = "FID_ADJ", type = "boolean", codes = { true = "0", false = "1" }, default = true, description = "Adjusted prices." }
[quote.blocks.output]
name = "quote"
fields = "stck_prpr prdy_ctrt prdy_vrss_sign vi_cls_code hts_kor_isnm"

[many]
title = "Many quotes"
title_ko = "멀티"
description = "Quotes of several stocks."
path = "/many"
tr = { real = "M1" }
demo_instead = "domestic_stock_quote, one by one."
[many.params]
symbols = { element = "ISCD_{n:02}", type = "symbol", pattern = "[0-9]{6}", is_list = true, max_items = 3, required = true, count_element = "CNT", description = "Codes.", example = ["005930"] }
markets = { element = "MRKT_{n:02}", type = "enum", codes = { krx = "J", nxt = "NX" }, is_list = true, max_items = 3, pairs_with = "symbols", description = "Venue of each." }
[many.blocks.output]
name = "quotes"
list = true
fields = "stck_prpr hts_kor_isnm"

[fills]
title = "Fills"
title_ko = "일별체결"
description = "Fills of a period."
path = "/fills"
risk = "account"
account = "stock"
cache = "account"
tr = { by = ["age:start_date:3"], real = { recent = "F1", older = "F2" }, demo = { recent = "VF1", older = "VF2" } }
paging = { use = "fk100", page_rows_real = 3, page_rows_demo = 2 }
[fills.params]
start_date = { element = "STRT", type = "date", required = true, description = "First day." }
end_date = { element = "END", type = "date", required = true, not_before = "start_date", description = "Last day." }
side = { element = "SIDE", type = "enum", codes = { all = "00", sell = "01", buy = "02" }, demo_codes = { all = "" }, default = "all", description = "Side." }
order_number = { element = "ODNO", type = "string", switch_element = "BY_ODNO", description = "One order." }
[fills.blocks.output1]
name = "fills"
list = true
fields = "odno stck_prpr stck_bsop_date hts_kor_isnm"
columns = "order_number price"
[fills.blocks.output2]
name = "totals"
fields = "stck_prpr"
overrides = { stck_prpr = { name = "amount", type = "decimal" } }

[order]
title = "Order"
title_ko = "주문"
description = "Buys or sells."
method = "POST"
path = "/order"
risk = "order"
account = "stock"
constants = { EXCG = "" }
[order.tr]
by = ["country", "side"]
real = { "us|hk buy" = "B1", "us|hk sell" = "S1", "jp buy" = "B2" }
demo = { "us buy" = "VB1", "us sell" = "VS1" }
[order.params]
country = { type = "enum", codes = { us = "1", hk = "2", jp = "3" }, required = true, description = "Country.", also = { NATN = { us = "840" } } }
side = { type = "enum", codes = { buy = "2", sell = "1" }, required = true, description = "Side." }
quantity = { element = "QTY", type = "integer", required = true, minimum = 1, maximum = 1000000, description = "Shares." }
price = { element = "UNPR", type = "decimal", minimum = 0, blank = "0", description = "Limit price." }
at = { element = "AT", type = "time", blank = false, description = "When." }
[order.blocks.output]
name = "order"
fields = "odno"

[keyed]
title = "Keyed"
title_ko = "키"
description = "News by key."
path = "/keyed"
tr = { real = "K1", demo = "K1" }
paging = { keys = { KEYB = "keyb" }, by_header = false }
[keyed.params]
symbol = { use = "symbol", required = false }
month = { element = "YM", type = "month", description = "Month." }
[keyed.blocks.output]
name = "news"
list = true
fields = "hts_kor_isnm"
[keyed.blocks.""]
name = "summary"
fields = "odno"
"""

CORE = """
[get_quote]
group = "market"
title = "Quote"
description = "The price now."
[get_quote.params]
symbol = { type = "symbol", required = true, description = "Code." }
[get_quote.blocks.quote]
name = "quote"
fields = { symbol = "string", price = "decimal", direction = "enum:price_direction" }
"""


def write_tables(root: Path, *, stocks: str = STOCKS) -> Path:
    """Write the table under ``root`` and return it."""
    (root / "domestic_stock").mkdir(parents=True)
    (root / "common.toml").write_text(COMMON, encoding="utf-8")
    (root / "core.toml").write_text(CORE, encoding="utf-8")
    (root / "elements.csv").write_text(ELEMENTS, encoding="utf-8")
    (root / "domestic_stock" / "quotations.toml").write_text(stocks, encoding="utf-8")
    return root


def small_catalog(root: Path) -> Catalog:
    """The table, written and read strictly."""
    return Catalog(write_tables(root), strict=True)
