"""KIS' answers kept on disk for a few seconds to an hour, shared by the processes of one user."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from kis_mcp.catalog.gateway import KisReply
from kis_mcp.errors import StorageError

_SIZE_LIMIT_BYTES = 64 << 20
_BUSY_SECONDS = 0.5
_log = logging.getLogger(__name__)


class DiskReplyCache:
    """Implements `kis_mcp.catalog.cache.ReplyCache` in a private folder, one folder per environment.

    A cache may be slow or damaged but never the reason that a call fails: then it answers as if it were empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: Any = None

    def get(self, key: str) -> KisReply | None:
        """The answer kept under this key, unless its time is over."""
        kept = self._do("get", key)
        if not isinstance(kept, list):
            return None
        body, tr_cont, received_at = cast(tuple[dict[str, object], str, str | None], kept)
        return KisReply(body, tr_cont, None if received_at is None else datetime.fromisoformat(received_at))

    def put(self, key: str, reply: KisReply, seconds: float, tag: str) -> None:
        """Keep an answer for so many seconds, to be dropped with others of its tag."""
        received_at = reply.received_at and reply.received_at.isoformat()
        self._do("set", key, [reply.body, reply.tr_cont, received_at], expire=seconds, tag=tag)

    def drop(self, tag: str) -> None:
        """Forget every answer put with this tag."""
        self._do("evict", tag)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _do(self, operation: str, *arguments: Any, **options: Any) -> Any:
        from kis_mcp.storage.disk import DISK_ERRORS, open_disk_cache

        try:
            if self._cache is None:
                self._cache = open_disk_cache(
                    self._folder, timeout=_BUSY_SECONDS, size_limit=_SIZE_LIMIT_BYTES, tag_index=True
                )
            return getattr(self._cache, operation)(*arguments, **options)
        except (*DISK_ERRORS, StorageError) as error:
            _log.warning("The reply cache could not %s: %s", operation, type(error).__name__)
            return None
