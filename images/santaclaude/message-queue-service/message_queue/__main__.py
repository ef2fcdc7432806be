"""Start the service."""

from chassis import load, run
from message_queue.api import Configuration, create

if __name__ == "__main__":
    configuration = load(Configuration)
    run(create(configuration), configuration)
