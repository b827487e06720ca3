from .alerts import SqliteAlerts as SqliteAlerts
from .cache import DiskReplyCache as DiskReplyCache
from .folders import (
    open_private_file as open_private_file,
    private_folder as private_folder,
    private_key as private_key,
    replace_private_file as replace_private_file,
)
from .halt import HaltFile as HaltFile
from .history import HistoryFiles as HistoryFiles
from .holders import holder_of as holder_of
from .journal import SqlJournal as SqlJournal
from .listings import ListingFile as ListingFile
from .shared import LockedFile as LockedFile, shared_files as shared_files
from .strategy_records import SqlStrategyRecords as SqlStrategyRecords
