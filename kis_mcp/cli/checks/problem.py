"""What a check found."""

from dataclasses import dataclass

from kis_mcp.errors import KisMcpError


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding with its remedy.

    Attributes:
        about: A word for what it concerns.
        what: What is wrong, one or two sentences, without secrets.
        remedy: What to do.
        hinders: Whether something does not work for it; else it is advice.
    """

    about: str
    what: str
    remedy: str
    hinders: bool = True

    @classmethod
    def of(cls, about: str, error: KisMcpError) -> "Problem":
        """What an error says, KIS' own words among it."""
        told = ": ".join(part for part in (error.kis_code, error.kis_message) if part)
        return cls(about, f"{error.what} (KIS {told})" if told else error.what, error.remedy)

    def facts(self) -> dict[str, object]:
        return {"about": self.about, "what": self.what, "remedy": self.remedy, "hinders": self.hinders}
