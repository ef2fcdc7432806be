"""Start the service."""

from browser_pool.api import create
from browser_pool.configuration import Configuration
from chassis import load, run

if __name__ == "__main__":
    configuration = load(Configuration)
    run(create(configuration), configuration)
