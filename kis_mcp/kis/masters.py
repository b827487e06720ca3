"""KIS' files of instruments, fetched from the host that anyone may ask."""

import asyncio
import io
import zipfile
import zlib

import httpx

from kis_mcp.errors import KisUnavailable
from kis_mcp.kis.surroundings import open_client

MASTERS_URL = "https://new.real.download.dws.co.kr/common/master"

_TIMEOUT_SECONDS = 30.0
_WHOLE_SECONDS = 120.0
_MOST_BYTES = 40_000_000
"""Of a file as it is and as it comes: the largest has two megabytes."""


class MasterHost:
    """Fetches the files one after another. It sends no key and no cookie, and follows no redirect.

    Args:
        url: The folder of the files, without a slash at the end.
        user_agent: Who asks.

    Raises:
        SettingsError: The surroundings name a proxy or certificates that cannot be used.
    """

    def __init__(self, url: str, *, user_agent: str) -> None:
        self._url = url
        self._client = open_client(url, timeout=_TIMEOUT_SECONDS, headers={"user-agent": user_agent})

    async def fetch(self, file: str) -> bytes:
        """One file, unpacked.

        Args:
            file: Its name, such as ``kospi_code.mst``.

        Raises:
            KisUnavailable: It did not come, not whole, or is no zip with one file.
        """
        try:
            async with asyncio.timeout(_WHOLE_SECONDS), self._client.stream("GET", f"{self._url}/{file}.zip") as answer:
                if not answer.is_success:
                    raise _failed(file, f"HTTP status {answer.status_code}")
                parts: list[bytes] = []
                size = 0
                async for part in answer.aiter_bytes():
                    size += len(part)
                    if size > _MOST_BYTES:
                        raise _failed(file, "too long")
                    parts.append(part)
        except (httpx.HTTPError, TimeoutError) as error:
            raise _failed(file, type(error).__name__) from None
        return await asyncio.to_thread(_unpack, file, b"".join(parts))

    async def aclose(self) -> None:
        await self._client.aclose()


def _unpack(file: str, packed: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (member,) = archive.infolist()
            if member.file_size > _MOST_BYTES:
                raise _failed(file, "too long")
            return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError) as error:
        raise _failed(file, f"it cannot be unpacked: {type(error).__name__}") from None


def _failed(file: str, why: str) -> KisUnavailable:
    return KisUnavailable(
        f"KIS' list {file} could not be fetched ({why}).",
        remedy="It is tried again by itself; symbols that are known already go on working.",
    )
