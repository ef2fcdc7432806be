"""What a user can cause while images are built; the text is what is shown."""


class ImageError(Exception):
    """An image that cannot be described, built or published: one line, and the last output of a failed step."""
