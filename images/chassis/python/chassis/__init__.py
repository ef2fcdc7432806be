"""The service chassis: what every service of ours has, whatever it does.

Configuration from the environment, JSON logs, metrics, /health, /ready, clear errors, and an end in good order.
"""

from chassis.application import create_app
from chassis.background import repeating
from chassis.configuration import Settings, load
from chassis.readiness import Check
from chassis.server import run

__all__ = ["Check", "Settings", "create_app", "load", "repeating", "run"]
