"""What a user can cause while making a system; the text is one line."""


class NewSystemError(Exception):
    """A system that cannot be made."""
