"""Everything that can go wrong, as errors a model can act on.

KisMcpError
 ├─ BadArgument          the caller sent something that cannot be right, or KIS refused it as such
 ├─ NotInEnvironment     sim, demo or real does not offer this
 ├─ CredentialsError     keys, account or token are missing or refused
 ├─ RateLimited          KIS' limit was hit and waiting did not help
 ├─ KisUnavailable       KIS did not answer, or answered with something that is no answer
 ├─ ListIncomplete       KIS answered, but not with all rows of a list that is worth nothing in part
 ├─ OrderRefused         we did not send the order: a guard, a setting or a person said no
 │   └─ MandateExceeded  a strategy wanted an order that the person did not agree to; it has to stop
 ├─ OrderRejected        KIS said no to the order
 ├─ OrderStateUnknown    the order may or may not stand at KIS; it is never sent again
 ├─ SettingsError        the configuration cannot be right
 ├─ StorageError         a file, lock or journal of this server cannot be used
 └─ InternalError        something broke in this server
"""

from typing import ClassVar


class KisMcpError(Exception):
    """A failure with its remedy.

    Args:
        what: What failed, one sentence, without secrets or full account numbers.
        remedy: What the caller should do next, one sentence.
        field: The argument or setting at fault, where there is one.
        kis_code: KIS' msg_cd or error_code, e.g. ``EGW00201``.
        kis_message: KIS' own message (msg1 or error_description), unchanged.
    """

    kind: ClassVar[str] = "error"

    def __init__(
        self,
        what: str,
        *,
        remedy: str,
        field: str | None = None,
        kis_code: str | None = None,
        kis_message: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.field = field
        self.kis_code = kis_code
        self.kis_message = kis_message

    def facts(self) -> dict[str, str]:
        """The error as flat JSON: class, what, next_step and, where known, field, kis_code, kis_message."""
        facts = {"class": self.kind, "what": self.what, "next_step": self.remedy}
        for name in ("field", "kis_code", "kis_message"):
            if value := getattr(self, name):
                facts[name] = value
        return facts

    def __str__(self) -> str:
        told = ": ".join(part for part in (self.kis_code, self.kis_message) if part)
        return f"{self.what} (KIS {told}) {self.remedy}" if told else f"{self.what} {self.remedy}"


def kis_words(told: str, code: str | None) -> str | None:
    """KIS' message within the text of an error with this code; None where it has none."""
    _, opening, rest = told.partition(f" (KIS {code}: ")
    return rest.rpartition(") ")[0] or None if code and opening else None


class BadArgument(KisMcpError):
    kind = "bad_argument"


class NotInEnvironment(KisMcpError):
    kind = "not_in_environment"


class CredentialsError(KisMcpError):
    kind = "credentials"


class RateLimited(KisMcpError):
    kind = "rate_limit"


class KisUnavailable(KisMcpError):
    kind = "kis_unavailable"


class ListIncomplete(KisMcpError):
    kind = "list_incomplete"


class OrderRefused(KisMcpError):
    kind = "order_refused"


class MandateExceeded(OrderRefused):
    """An order is outside the mandate of its strategy, or the mandate is not in force."""


class OrderRejected(KisMcpError):
    kind = "order_rejected"


class OrderStateUnknown(KisMcpError):
    kind = "order_state_unknown"


class SettingsError(KisMcpError):
    """The configuration cannot be right; ``field`` names the setting. Raised before anything starts or is sent.

    Attributes:
        further: The other settings that are wrong beside this one.
    """

    kind = "settings"
    further: "tuple[SettingsError, ...]" = ()


class StorageError(KisMcpError):
    kind = "storage"


def unusable_disk(what: str) -> StorageError:
    """The error for a data folder that the system refuses; ``what`` says so in a sentence."""
    return StorageError(
        what,
        remedy="Make room on the disk, or set KIS_DATA_DIR to a folder that this user may write to.",
        field="KIS_DATA_DIR",
    )


class InternalError(KisMcpError):
    """Something broke in this server; the details are in its log, never in a result."""

    kind = "internal"
