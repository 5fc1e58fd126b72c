"""What can be set at a queue server, and where each value came from.

Later ones win: built-in default, the file (TOML), the environment (``HALL_SERVER_PROVIDERS__URL`` for
``providers.url``), an argument of the command line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

ENVIRONMENT = "HALL_SERVER_"


class SettingsError(Exception):
    """The settings cannot be used; the text lists every fault at once, for the operator."""


class ProviderSettings(BaseModel):
    """The government systems behind this hall; no ``url`` means that none is connected."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    token: SecretStr = SecretStr("demo-key")
    """What the reference back end asks for; a real system gives its own."""


class VoiceSettings(BaseModel):
    """Where sounds lie: a pack (default: the one that comes along) and a folder for what is made from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pack: Path | None = None
    cache: Path | None = None


class ServerSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    db: str = "sqlite:///hall.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes a free one and says which."""
    workers: int = Field(default=1, ge=1, le=64)
    """More than one process only with PostgreSQL."""
    public_url: str = ""
    """How phones reach this server (it is printed as a QR code); empty: its own address."""
    access_log: bool = True
    gateway: bool = True
    """Drive the hall's wired devices from here."""
    providers: ProviderSettings = ProviderSettings()
    voice: VoiceSettings = VoiceSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings calls it so
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # load() has merged it already
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # no hidden files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # no hidden files
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load`` has put together, so that the origin of every value is known."""
        return (init_settings,)


class GatewayDevice(BaseModel):
    """One wired device at a window; ``url`` may hold ``${NAME}`` of the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: str
    model: str
    window: str
    url: str
    options: dict[str, str] = Field(default_factory=dict)


class GatewaySettings(BaseModel):
    """``hall gateway``: the distant server, the token for it, and what is wired here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: str
    token: SecretStr
    certificate: str = ""
    """A file with the server's certificate authority, if it is the hall's own."""
    devices: tuple[GatewayDevice, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of the settings for people to read; secrets are starred."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings together with where each value came from."""

    settings: ServerSettings
    origins: tuple[Origin, ...]


def load(path: Path | None = None, arguments: Mapping[str, Any] | None = None) -> Loaded:
    """Reads the file (if any), the environment and the arguments (None means: not given). Raises ``SettingsError``."""
    values: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    if path is not None:
        _lay_over(values, _of_file(path), f"file {path}", came_from)
    _lay_over(values, EnvSettingsSource(ServerSettings)(), "environment", came_from)
    given = {name: value for name, value in (arguments or {}).items() if value is not None}
    _lay_over(values, given, "argument", came_from)
    try:
        settings = ServerSettings(**values)
    except ValidationError as error:
        raise SettingsError(_faults(error)) from None
    return Loaded(settings, tuple(_origins(settings, came_from)))


def load_gateway(path: Path) -> GatewaySettings:
    """Reads the settings of a gateway. Raises ``SettingsError``."""
    try:
        return GatewaySettings(**_of_file(path))
    except ValidationError as error:
        raise SettingsError(_faults(error)) from None


def _faults(error: ValidationError) -> str:
    """Every fault on a line of its own, without the values (one may be a secret)."""
    return "\n".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _lay_over(values: dict[str, Any], more: Mapping[str, Any], origin: str, came: dict[str, str], at: str = "") -> None:
    for name, value in more.items():
        here = f"{at}{name}"
        if isinstance(value, Mapping):
            inner = values.setdefault(name, {})
            _lay_over(inner, value, origin, came, f"{here}.")
        else:
            values[name] = value
            came[here] = origin


def _origins(settings: ServerSettings, came_from: Mapping[str, str]) -> Iterator[Origin]:
    for name, value in _leaves(settings.model_dump(mode="python"), ""):
        shown = "******" if isinstance(value, SecretStr) and value.get_secret_value() else str(value or "")
        yield Origin(name, shown, came_from.get(name, "default"))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
