"""The logs of libraries that write secrets into them."""

import logging


def warnings_only(name: str) -> logging.Logger:
    """A logger that hands on warnings and errors alone, whatever level anybody sets.

    Below, httpx writes whole addresses, and a GET's holds the account number, an alert's its topic; websockets writes
    the frames, in which the approval key and the HTS id stand.
    """
    logger = logging.getLogger(name)
    logger.addFilter(_is_warning)
    return logger


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
