"""The service's variables."""

from pathlib import Path

from pydantic import Field, HttpUrl, SecretStr

from chassis import Settings


class Configuration(Settings):
    """A provider is used when its key is set; without any key, a small local model answers."""

    redis_url: SecretStr
    message_queue_url: HttpUrl
    openai_api_key: SecretStr | None = None
    openai_base_url: HttpUrl = HttpUrl("https://api.openai.com")
    openai_model: str = "gpt-5-mini"
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: HttpUrl = HttpUrl("https://api.anthropic.com")
    anthropic_model: str = "claude-sonnet-4-5"
    provider_timeout: float = Field(default=60, gt=0, le=100)
    data_folder: Path = Path("/app/data")
    workers: int = Field(default=4, ge=1, le=64)
