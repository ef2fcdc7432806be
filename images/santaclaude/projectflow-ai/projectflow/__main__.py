"""Start the service."""

from chassis import load, run
from projectflow.api import create
from projectflow.configuration import Configuration

if __name__ == "__main__":
    configuration = load(Configuration)
    run(create(configuration), configuration)
