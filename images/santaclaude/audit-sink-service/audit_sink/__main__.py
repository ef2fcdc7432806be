"""Start the service."""

from audit_sink.api import Configuration, create
from chassis import load, run

if __name__ == "__main__":
    configuration = load(Configuration)
    run(create(configuration), configuration)
