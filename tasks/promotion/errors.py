"""What a user can cause while promoting; the text is one line."""


class PromotionError(Exception):
    """A promotion or rollback that must not be."""
