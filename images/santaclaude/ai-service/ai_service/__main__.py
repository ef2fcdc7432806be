"""Start the service."""

from ai_service.api import create
from ai_service.configuration import Configuration
from chassis import load, run

if __name__ == "__main__":
    configuration = load(Configuration)
    run(create(configuration), configuration)
