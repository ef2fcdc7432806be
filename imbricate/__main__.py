"""`python -m imbricate build DIR` is `imbricate build DIR`."""

from __future__ import annotations

from imbricate.cli import entry_point

if __name__ == "__main__":
    entry_point()
