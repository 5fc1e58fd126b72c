"""What can be set at a kiosk, and where each value came from.

Later ones win: built-in default, the file (TOML), the environment (``HALL_KIOSK_SERVER__URL`` for ``server.url``),
an argument of the command line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

ENVIRONMENT = "HALL_KIOSK_"


class SettingsError(Exception):
    """The settings cannot be used; the text lists every fault at once, for the operator."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Section):
    """Where the queue server is. Times in seconds."""

    url: str = "http://127.0.0.1:8080"
    token: SecretStr = SecretStr("")
    connect_seconds: float = Field(default=1.0, gt=0, le=10)
    read_seconds: float = Field(default=3.0, gt=0, le=30)
    ask_seconds: float = Field(default=8.0, gt=0, le=60)
    """For questions to outside systems, which are slower than the hall's own server."""
    report_seconds: float = Field(default=20.0, gt=0, le=600)
    """Between two signs of life; while the server is away it is tried more often."""
    retry_seconds: float = Field(default=2.0, gt=0, le=60)
    numbers_per_queue: int = Field(default=20, ge=1, le=200)
    """How many numbers are borrowed per queue for hours without a network."""


class DeviceSettings(Section):
    """One device: which driver, where it is, its options."""

    model: str
    url: str = ""
    options: dict[str, str] = Field(default_factory=dict)


class TimeoutSettings(Section):
    """Seconds without a touch until the first page comes back."""

    page: float = Field(default=60.0, gt=0)
    elder_page: float = Field(default=150.0, gt=0)
    warning: float = Field(default=15.0, gt=0)
    result: float = Field(default=15.0, gt=0)
    card: float = Field(default=40.0, gt=0)
    """How long the reader waits for a card before it asks whether somebody needs another way."""
    face: float = Field(default=20.0, gt=0)
    print_proof: float = Field(default=12.0, gt=0)


class PaperSettings(Section):
    """The paper in the ticket printer. ``fonts`` names a font file (.otf, .ttc); empty means: find Noto Sans CJK."""

    width_dots: int = Field(default=576, ge=360, le=832)
    dots_per_mm: float = Field(default=8.0, gt=4, lt=13)
    font: str = ""
    bold_font: str = ""


class ScreenSettings(Section):
    """The glass. ``width_mm`` 0 means: ask the screen (some lie). ``bottom_mm`` is its lower edge above the floor."""

    width: int = 1080
    height: int = 1920
    width_mm: float = 0.0
    bottom_mm: float = 850.0
    windowed: bool = False


class KioskSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    name: str = "K1"
    data: Path = Field(default_factory=lambda: Path.home() / ".local" / "share" / "hall24" / "kiosk")
    """The folder of the kiosk's own small database."""
    staff_pin: SecretStr = SecretStr("")
    photo_decoder: str = "none"
    """``none``, ``synthetic`` (simulated cards only) or ``helper:/path`` of a vendor's program."""
    transactions: Path | None = None
    """A folder with the hall's own definition files, beside those that come along."""
    server: ServerSettings = ServerSettings()
    devices: dict[str, DeviceSettings] = Field(default_factory=dict)
    timeouts: TimeoutSettings = TimeoutSettings()
    paper: PaperSettings = PaperSettings()
    screen: ScreenSettings = ScreenSettings()

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


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of the settings for people to read; secrets are starred."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings together with where each value came from."""

    settings: KioskSettings
    origins: tuple[Origin, ...]


def load(path: Path | None = None, arguments: Mapping[str, Any] | None = None) -> Loaded:
    """Reads the file (if any), the environment and the arguments (dotted names). Raises ``SettingsError``."""
    values: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    if path is not None:
        _lay_over(values, _of_file(path), f"file {path}", came_from)
    _lay_over(values, EnvSettingsSource(KioskSettings)(), "environment", came_from)
    for name, value in (arguments or {}).items():
        _lay_over(values, _nested(name, value), "argument", came_from)
    try:
        settings = KioskSettings(**values)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("\n".join(faults)) from None
    return Loaded(settings, tuple(_origins(settings, came_from)))


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None


def _nested(name: str, value: Any) -> dict[str, Any]:
    for part in reversed(name.split(".")):
        value = {part: value}
    return dict(value)


def _lay_over(values: dict[str, Any], more: Mapping[str, Any], origin: str, came: dict[str, str], at: str = "") -> None:
    for name, value in more.items():
        here = f"{at}{name}"
        if isinstance(value, Mapping):
            inner = values.setdefault(name, {})
            _lay_over(inner, value, origin, came, f"{here}.")
        else:
            values[name] = value
            came[here] = origin


def _origins(settings: KioskSettings, came_from: Mapping[str, str]) -> Iterator[Origin]:
    for name, value in _leaves(settings.model_dump(mode="python"), ""):
        shown = "******" if isinstance(value, SecretStr) and value.get_secret_value() else str(value or "")
        yield Origin(name, shown, came_from.get(name, "default"))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
