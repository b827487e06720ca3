from .apis import MORE_ROWS as MORE_ROWS, MOST_READ_ROWS as MOST_READ_ROWS, KisApis as KisApis, Page as Page
from .arguments import CheckedArguments as CheckedArguments, check_arguments as check_arguments
from .cache import CACHE_LIFETIMES as CACHE_LIFETIMES
from .columns import ResultShape as ResultShape, blocks_as_columns as blocks_as_columns
from .cursor import Cursor as Cursor, PagePosition as PagePosition
from .data import csv_rows as csv_rows, resources_folder as resources_folder, tools_folder as tools_folder
from .decode import (
    Decoded as Decoded,
    FrameDecoder as FrameDecoder,
    Record as Record,
    decode_frame as decode_frame,
    frame_accounts as frame_accounts,
)
from .document import api_document as api_document, api_list_document as api_list_document
from .drift import (
    Difference as Difference,
    Drift as Drift,
    Notice as Notice,
    PortalApi as PortalApi,
    PortalElement as PortalElement,
    differences as differences,
)
from .encode import dates_of_today as dates_of_today, tr_id as tr_id
from .error_codes import (
    EMPTY_KIND as EMPTY_KIND,
    WORDS_FIRST as WORDS_FIRST,
    error_document as error_document,
    known_codes as known_codes,
)
from .fields import number as number, rounded as rounded, text as text
from .frames import plain_key as plain_key, split_by_key as split_by_key
from .gateway import (
    KisReply as KisReply,
    KisRequest as KisRequest,
    MayLeave as MayLeave,
    Urgency as Urgency,
    WaitReporter as WaitReporter,
    read_urgency as read_urgency,
    reading_for_an_order as reading_for_an_order,
)
from .live import (
    MOST_CHANNELS as MOST_CHANNELS,
    Channel as Channel,
    Frame as Frame,
    Gap as Gap,
    LiveGateway as LiveGateway,
    LiveReceiver as LiveReceiver,
    Outage as Outage,
    SlotUse as SlotUse,
    SlotUses as SlotUses,
)
from .loader import Catalog as Catalog, catalog as catalog
from .model import (
    AccountKind as AccountKind,
    Api as Api,
    Block as Block,
    CacheClass as CacheClass,
    Field as Field,
    OrderRoute as OrderRoute,
    OrderUse as OrderUse,
    Parameter as Parameter,
    TradingSession as TradingSession,
)
from .projection import read_projection as read_projection
from .render import to_json as to_json
from .reserved import (
    ALL_FIELDS as ALL_FIELDS,
    CONFIRMATION_TOKEN as CONFIRMATION_TOKEN,
    FIELDS as FIELDS,
    MAX_EVENTS as MAX_EVENTS,
    SECONDS as SECONDS,
)
from .rows import PREFIXES as PREFIXES
from .schemas import input_schema as input_schema, output_schema as output_schema
from .search import Search as Search
from .shares_abroad import SHARES_ABROAD as SHARES_ABROAD, Use as Use
from .signature import call_signature as call_signature
from .spelling import (
    MOST_DIGITS as MOST_DIGITS,
    has_too_many_digits as has_too_many_digits,
    read_number as read_number,
    read_word as read_word,
)
from .symbols import (
    KRX_CODE as KRX_CODE,
    MARKED_CODE as MARKED_CODE,
    read_share as read_share,
    read_suffixed as read_suffixed,
    read_symbol as read_symbol,
)
from .texts import encodable as encodable, encodable_all as encodable_all, one_line as one_line
from .units import units_note as units_note
