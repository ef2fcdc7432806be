"""What a shell asks when Tab is pressed: the command line so far → what its last word can become, one a line."""

from __future__ import annotations

import sys
from contextlib import suppress


def main() -> None:
    """Print the candidates for the first argument; nothing where there are none, or something is broken."""
    line = sys.argv.pop()
    with suppress(Exception):  # Tab must never answer with an error
        from tasks.completion.candidates import candidates  # noqa: PLC0415 - inside of what is suppressed

        print("\n".join(candidates(line)))


if __name__ == "__main__":
    main()
