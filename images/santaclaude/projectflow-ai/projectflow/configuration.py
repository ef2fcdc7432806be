"""The service's variables."""

from pydantic import HttpUrl, SecretStr

from chassis import Settings


class Configuration(Settings):
    """Where projects are kept, and who does the work."""

    redis_url: SecretStr
    message_queue_url: HttpUrl
    ai_service_url: HttpUrl
    browser_pool_url: HttpUrl
    audit_sink_url: HttpUrl
