"""Very many objects in the order in which they came."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Generic, Protocol, TypeVar

from kis_mcp.simulator.state import StateStore

IN_MEMORY = 20_000
"""How many of a kind are kept in memory; older ones are read from disk when they are asked for."""


class _Dated(Protocol):
    @property
    def account(self) -> str:
        """The key of the account that it belongs to."""
        ...

    @property
    def day(self) -> date:
        """The trading day that it belongs to."""
        ...


T = TypeVar("T", bound=_Dated)


class Log(Mapping[str, T], Generic[T]):
    """What an account does, by key, oldest first: the newest in memory, all of it in the store once it is saved.

    Args:
        store: Where it is kept.
        kind: The class of what is kept.
        key: The key of each.
        is_over: Whether one will not change any more; others stay in memory.
        in_memory: How many do in any case.
    """

    def __init__(
        self,
        store: StateStore,
        kind: type[T],
        key: Callable[[T], str],
        is_over: Callable[[T], bool] = lambda _: True,
        in_memory: int = IN_MEMORY,
    ) -> None:
        self._store = store
        self._kind = kind
        self._key = key
        self._is_over = is_over
        self._limit = in_memory
        self._items: dict[str, T] = {}
        self._changed: dict[str, T] = {}
        self._count = store.count(kind)
        self._dropped_until: date | None = None
        """The last day of what is on disk alone."""
        for item in store.load(kind):
            self._items[key(item)] = item
            self._trim()

    def __getitem__(self, key: str) -> T:
        if key in self._items:
            return self._items[key]
        found = self._store.find(self._kind, key) if self._dropped_until else None
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (self._key(item) for item in self._all())

    def __len__(self) -> int:
        return self._count

    def values(self) -> Iterable[T]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return list(self._all())

    @property
    def in_memory(self) -> Collection[str]:
        """The keys of those in memory."""
        return self._items.keys()

    @property
    def newest(self) -> T:
        """The last one that came."""
        return next(reversed(self._items.values()))

    def of(self, account: str, since: date = date.min) -> Iterator[T]:
        """Those of an account of trading days from one on, oldest first."""
        kept = (item for item in list(self._items.values()) if item.account == account and item.day >= since)
        if self._dropped_until is None or since > self._dropped_until:
            return kept
        return self._joined(self._store.load_days(self._kind, account, since), kept)

    def add(self, item: T) -> None:
        """Keep a new one."""
        self._items[self._key(item)] = item
        self._count += 1
        self.touch(item)

    def touch(self, item: T) -> None:
        """Save one that has changed."""
        self._changed[self._key(item)] = item

    @property
    def changes(self) -> Mapping[str, T]:
        """What is not on disk yet, by key."""
        return self._changed

    def forget_changes(self) -> None:
        """They are on disk."""
        self._changed = {}
        self._trim()

    def _all(self) -> Iterator[T]:
        kept = iter(list(self._items.values()))
        return kept if self._dropped_until is None else self._joined(self._store.load(self._kind), kept)

    def _joined(self, on_disk: Iterable[T], kept: Iterable[T]) -> Iterator[T]:
        """What is on disk, as it is in memory where it is there too, and then what is not on disk yet."""
        left = {self._key(item): item for item in kept}
        for item in on_disk:
            yield left.pop(self._key(item), item)
        yield from left.values()

    def _trim(self) -> None:
        """Forget the oldest half of too many."""
        if len(self._items) <= self._limit:
            return
        old = list(self._items.items())[: len(self._items) - self._limit // 2]
        for key, item in old:
            if self._is_over(item) and key not in self._changed:
                del self._items[key]
                self._dropped_until = max(self._dropped_until or item.day, item.day)
