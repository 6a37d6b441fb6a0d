"""Texts as Postgres takes them."""


def clean(text: str | None) -> str | None:
    """Return a text that Postgres takes: it has no way to keep a NUL."""
    return text.replace("\0", "\ufffd") if text is not None and "\0" in text else text
