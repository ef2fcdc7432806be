"""Serves the api: `python -m pakaura`."""

from chassis import load, run
from pakaura.application import build
from pakaura.configuration import Configuration

if __name__ == "__main__":
    configuration = load(Configuration)
    run(build(configuration), configuration)
