"""The spec table as objects: what one row of ``tools/`` says, and nothing that was computed from it at a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

ParameterType: TypeAlias = Literal[
    "string", "integer", "decimal", "boolean", "date", "month", "time", "enum", "symbol", "object", "document"
]
FieldType: TypeAlias = Literal[
    "string",
    "integer",
    "decimal",
    "boolean",
    "date",
    "month",
    "time",
    "datetime",
    "enum",
    "account",
    "private",
    "object",
]
Risk: TypeAlias = Literal["read", "account", "order"]
Kind: TypeAlias = Literal["rest", "websocket", "core"]
AccountKind: TypeAlias = Literal["stock", "futures", "overseas_futures", "pension"]
CacheClass: TypeAlias = Literal["none", "quote", "account", "reference", "day"]
OrderUse: TypeAlias = Literal["new", "sell", "credit", "modify", "cancel"]
TradingSession: TypeAlias = Literal["regular", "daytime", "night", "reserved"]
Basis: TypeAlias = Literal["measured", "notice", "edition", "example", "sample_code"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool and the KIS element it fills.

    Attributes:
        name: The argument's name.
        type: What it holds. ``date`` is ISO in, YYYYMMDD on the wire; ``month`` YYYY-MM and YYYYMM; ``time`` HH:MM[:SS]
            and HHMMSS; ``boolean`` is translated by ``codes``; ``enum`` takes a key of ``codes``; ``object``, for core
            tools only, is passed on as it is; ``document`` too, and may be text instead.
        description: One plain sentence for the model.
        element: The KIS element, in the case KIS wants; None where the argument only selects a TR. With ``is_list`` it
            holds ``{n:02}``, the position from 1. Parameters of one element are joined, in their order.
        codes: Word → KIS code, for enum and boolean.
        required: Whether a call without it is refused.
        default: Used when the argument is left out, in the argument's own terms (a word, not a code).
        blank: What KIS gets when an optional argument without default is left out; None leaves the element out.
            ``$today``, ``$today-365`` (days), ``$now`` and ``$last_year`` stand for what their names say, in KST.
        prefix: What KIS wants before a value that is given.
        minimum, maximum: Bounds of a number, inclusive.
        pattern: Regular expression that a string or symbol matches whole.
        is_list: Whether it takes a list, one numbered element for each item.
        max_items: The longest list.
        count_element: The KIS element that is told how many items there are.
        pairs_with: Another list parameter that must have the same length; a single value is repeated to that length.
        not_before: Another date parameter that must not be later than this one.
        demo_words: The words that demo accepts; None where it accepts all, empty where demo takes no value at all.
        demo_codes: Word → KIS code where demo wants another one than ``codes`` says; the word "" stands for ``blank``.
        order_words: The words with which a core tool may send orders. The tool's other words are offered where nothing
            may.
        same: Other KIS elements that get the same text.
        also: Other KIS elements that the same word decides: element → word → code, "" for a word it does not list.
        switch_element: A KIS element that is "1" where this argument, or another one that names it, is given, and ""
            otherwise.
        example: A value that works in the simulator.
    """

    name: str
    type: ParameterType
    description: str
    element: str | None = None
    codes: Mapping[str, str] | None = None
    required: bool = False
    default: object = None
    blank: str | None = ""
    prefix: str = ""
    minimum: int | float | None = None
    maximum: int | float | None = None
    pattern: str | None = None
    is_list: bool = False
    max_items: int | None = None
    count_element: str | None = None
    pairs_with: str | None = None
    not_before: str | None = None
    demo_words: frozenset[str] | None = None
    order_words: frozenset[str] = frozenset()
    demo_codes: Mapping[str, str] = field(default_factory=dict[str, str])
    same: Sequence[str] = ()
    also: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    switch_element: str | None = None
    example: object = None


@dataclass(frozen=True, slots=True)
class Field:
    """One element of a response and what the reader sees of it.

    Attributes:
        element: KIS' name, in the case KIS documents.
        name: The readable English name.
        type: How its text is read; ``enum`` words come from ``codes``. Of an ``account`` number the first and last two
            characters are shown, of ``private`` text only that there is some.
        label_ko: KIS' Korean label.
        codes: KIS code → word, for enum.
        aliases: Other elements under which some source of KIS has it.
    """

    element: str
    name: str
    type: FieldType
    label_ko: str
    codes: Mapping[str, str] | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a response.

    Attributes:
        key: KIS' name of it (``output``, ``output1`` …); empty for fields at the top of the body.
        name: The readable name.
        is_list: Whether it holds rows or one record.
        fields: Every documented field, in KIS' order; the loader looks their names up when they are first read.
        columns: The readable names shown unless the caller asks for more; empty means all.
        aliases: Other keys under which KIS has been seen to send it, told from another block's by shape (rows or one
            record).
        row_names: What each row is, where KIS sends a fixed sequence of rows without saying; shown as ``item``.
        first_if: Of a websocket record whose first field may be missing: the pattern that tells its value from the next
            field's. None where every record begins with the first field.
        layouts: Of a websocket record: how many values it has → their elements, where that many do not simply follow
            ``fields``; "-" for a value that no document names.
    """

    key: str
    name: str
    is_list: bool
    fields: Sequence[Field]
    columns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    row_names: tuple[str, ...] = ()
    first_if: str | None = None
    layouts: Mapping[int, Sequence[str]] = field(default_factory=dict[int, Sequence[str]])


@dataclass(frozen=True, slots=True)
class Correction:
    """What is known of an API beside the document that its row follows.

    Attributes:
        element: The KIS element or block that it is about; "" for the API as a whole.
        says: What holds, in a sentence.
        basis: Whether people measured it, or which of KIS' own sources says it.
        source: Where it can be looked up.
        date: Of the measurement, the notice, the edition, or of the look at the source.
    """

    element: str
    says: str
    basis: Basis
    source: str
    date: date


@dataclass(frozen=True, slots=True)
class TrRule:
    """Which TR id a request carries.

    Attributes:
        by: The arguments that decide, in order; empty where there is only one TR. ``age:<date argument>:<months>``
            stands for "recent" or "older", seen from today.
        real: TR ids by the deciding words joined with a space; key ``""`` where nothing decides.
        demo: The same for demo; empty where demo has none of them.
    """

    by: tuple[str, ...]
    real: Mapping[str, str]
    demo: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Paging:
    """How the next page is asked for.

    Attributes:
        keys: Request element → the response element whose value it repeats.
        by_header: Whether the response header tr_cont says that there is more; otherwise a filled key does, and the
            request's tr_cont stays empty.
        marks: Request elements that are told apart: element → its value on the first page and on a following one.
        page_rows_real, page_rows_demo: Rows of a full page where KIS documents them, else None.
    """

    keys: Mapping[str, str]
    by_header: bool = True
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    page_rows_real: int | None = None
    page_rows_demo: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRoute:
    """Which orders an API takes.

    Attributes:
        markets: As in `kis_mcp.trading.order.Order`.
        session: Regular is the exchange's own day, with what comes before and after it where the API takes that.
            Daytime is the market for US stocks in Korea's day, night that for KRX contracts. A reserved order is kept
            by KIS until the market opens.
        uses: What it does with them: ``new`` orders, sales or orders on ``credit`` where those have an API of their
            own, changes (``modify``) and cancels.
        fixed: The arguments that say this session.
        names: Argument of the core tools → this API's own, where they differ.
        whole_only: Whether a change concerns all that is open, and says how much that is.
    """

    markets: tuple[str, ...]
    session: TradingSession
    uses: tuple[OrderUse, ...]
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    whole_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """What trading has to know of an API that sends orders.

    Attributes:
        routes: Which orders it takes.
        lists: The lists that its orders show in, by the names of `kis_mcp.trading.blotter.lists`; first the one that
            says more.
        capacity: ``session`` argument, "" for any → the API that tells how much KIS would take at most.
        venues: Where its orders go, by the names of ``sessions.toml``.
    """

    routes: tuple[OrderRoute, ...]
    lists: tuple[str, ...]
    capacity: Mapping[str, str] = field(default_factory=dict[str, str])
    venues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """One KIS API, or one core tool, as a tool. Compared by identity, so that what derives from it can be cached.

    Attributes:
        tool: The tool's name, ``<prefix>_<slug>``.
        slug: KIS' own name of the API.
        category, group: KIS' product category and our name of its menu group.
        title, title_ko: English title; KIS' official Korean name.
        description: What it returns and when to choose it.
        kind: rest, websocket or core.
        risk: ``order`` sends orders, ``account`` reads an account, ``read`` reads markets.
        method, path: Of the request.
        tr: Which TR id.
        parameters: In the order that a caller reads them.
        params_of: The tool whose parameters these are; "" where they are its own.
        constants: Elements that are always sent with the same value. ``$hts_id`` and ``$today`` stand for what their
            names say.
        account: Whose CANO and ACNT_PRDT_CD are sent; None for none.
        blocks: The parts of the response.
        paging: None where KIS does not page it.
        cache: How long an answer may be reused.
        demo_instead: What to use in demo where demo lacks this API.
        untrusted: Names of fields whose text outsiders wrote.
        units: Unit → patterns of the elements whose numbers are in it, where that is not plain won, shares or percent.
        order: What trading has to know of it; None where it sends no order, and for core tools.
        example: Arguments that work in the simulator.
        corrections: What is known of it beside KIS' document; what of that changes the row is in the other attributes.
    """

    tool: str
    slug: str
    category: str
    group: str
    title: str
    title_ko: str
    description: str
    kind: Kind
    risk: Risk
    method: str
    path: str
    tr: TrRule
    parameters: tuple[Parameter, ...]
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    account: AccountKind | None = None
    blocks: tuple[Block, ...] = ()
    paging: Paging | None = None
    cache: CacheClass = "none"
    demo_instead: str = ""
    untrusted: frozenset[str] = frozenset()
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    order: OrderRow | None = None
    params_of: str = ""
    example: Mapping[str, object] = field(default_factory=dict[str, object])
    corrections: tuple[Correction, ...] = ()

    @property
    def toolset(self) -> str:
        """The group this tool is switched on and off with, e.g. ``domestic_stock_ranking``; of a category that is one
        group, the category."""
        return self.category if self.group == self.category else f"{self.category}_{self.group}"

    @property
    def is_personal(self) -> bool:
        """Whether its live data is the customer's own: one channel, by the HTS id, which no field of a record holds."""
        return "tr_key" in self.constants

    @property
    def in_demo(self) -> bool:
        """Whether KIS offers it in demo."""
        return bool(self.tr.demo)

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)
