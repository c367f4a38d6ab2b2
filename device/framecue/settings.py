"""Every setting, typed, with its unit and limits: one tree from one TOML file, overridden by environment.

`FRAMECUE_CAMERA__RATE=15` overrides `rate` in the file's `[camera]` table. Unknown keys are refused.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from framecue.album import AlbumSettings
from framecue.camera import CAMERAS, CameraSettings
from framecue.composition.guide import GuideSettings
from framecue.depth import DEPTHS, DepthSettings
from framecue.drivers import DriverSettings
from framecue.errors import SettingsError
from framecue.exposure import ExposureSettings
from framecue.finish import CropSettings
from framecue.imu import IMUS, ImuSettings
from framecue.indicators import INDICATORS
from framecue.looks import LooksSettings
from framecue.pantilt import PAN_TILTS, PanTiltSettings
from framecue.portrait import PortraitSettings
from framecue.segmentation.segmenter import SegmenterSettings
from framecue.shutter import SHUTTERS
from framecue.table import Table, refuse_unknown_keys

PREFIX = "FRAMECUE_"


class BoothSettings(Table):
    """The daemon's own limits."""

    status_every_s: float = Field(60.0, ge=1, le=3600, description="seconds between status lines")
    frame_limit_s: float = Field(
        5.0, ge=0.5, le=60, description="seconds without a frame after which the watchdog goes hungry"
    )
    inference_limit_s: float = Field(
        5.0, ge=0.5, le=60, description="seconds without an inference after which the watchdog goes hungry"
    )
    album_limit_s: float = Field(
        30.0, ge=2, le=600, description="seconds no shot could be kept after which the watchdog goes hungry"
    )
    safe_after: int = Field(
        3,
        ge=1,
        le=100,
        description="starts failed in a row after which only camera, shutters and album are started",
    )
    full_again_s: float = Field(
        600.0,
        ge=0,
        le=86400,
        description="seconds of that after which all is started again, when nobody presses; doubles each "
        "time that fails; 0 = never",
    )
    frozen_limit_s: float = Field(
        3.5,
        ge=0,
        le=600,
        description="seconds of identical pictures after which a camera is reopened; 0 = never",
    )
    countdown_s: int = Field(3, ge=1, le=20, description="seconds of the countdown that a long press starts")
    burst: int = Field(1, ge=1, le=10, description="shots for each press")
    still_limit_s: float = Field(8.0, ge=1, le=60, description="seconds a full-resolution picture may take")
    start_limit_s: float = Field(
        10.0, ge=1, le=600, description="seconds after starting by which the first frame must have come"
    )


def _camera(value: Any) -> DriverSettings:
    return CAMERAS.settings({"kind": "v4l2", **value} if isinstance(value, dict) else value)


def _imu(value: Any) -> DriverSettings | None:
    return None if value is None else IMUS.settings(value)


def _pan_tilt(value: Any) -> DriverSettings | None:
    return None if value is None else PAN_TILTS.settings(value)


def _depth(value: Any) -> DriverSettings | None:
    return None if value is None else DEPTHS.settings(value)


def _indicator(value: Any) -> DriverSettings:
    return INDICATORS.settings(value)


def _shutter(value: Any) -> DriverSettings:
    return SHUTTERS.settings(value)


AnyCamera = Annotated[SerializeAsAny[CameraSettings], BeforeValidator(_camera)]
AnyImu = Annotated[SerializeAsAny[ImuSettings] | None, BeforeValidator(_imu)]
AnyPanTilt = Annotated[SerializeAsAny[PanTiltSettings] | None, BeforeValidator(_pan_tilt)]
AnyDepth = Annotated[SerializeAsAny[DepthSettings] | None, BeforeValidator(_depth)]
AnyIndicator = Annotated[SerializeAsAny[DriverSettings], BeforeValidator(_indicator)]
AnyShutter = Annotated[SerializeAsAny[DriverSettings], BeforeValidator(_shutter)]


class Settings(BaseSettings):
    """The whole tree, one field a table of the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    camera: AnyCamera = Field({}, validate_default=True)
    segmenter: SegmenterSettings = SegmenterSettings()
    guide: GuideSettings = GuideSettings()
    exposure: ExposureSettings = ExposureSettings()
    looks: LooksSettings = LooksSettings()
    crop: CropSettings = CropSettings()
    imu: AnyImu = None
    depth: AnyDepth = None
    pan_tilt: AnyPanTilt = None
    indicators: tuple[AnyIndicator, ...] = Field(({"kind": "console"},), validate_default=True)
    shutters: tuple[AnyShutter, ...] = Field(({"kind": "keyboard"},), validate_default=True)
    album: AlbumSettings = AlbumSettings()
    portrait: PortraitSettings = PortraitSettings()
    booth: BoothSettings = BoothSettings()

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_tables(cls, value: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown_keys(value, list(cls.model_fields))
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file's tables, handed in as arguments."""
        return env_settings, init_settings


def find_settings_file() -> Path | None:
    """The file used when none is named: the user's own, then the machine's; None with neither."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    places = (home / "framecue/framecue.toml", Path("/etc/framecue/framecue.toml"))
    return next((place for place in places if place.is_file()), None)


def load_settings(file: Path | None) -> Settings:
    """Read settings from a TOML file (None: defaults and environment alone).

    Raises SettingsError, one line: which file, which key, what was given and what is allowed.
    """
    tables = {} if file is None else _read_tables(file)
    _refuse_unknown_variables()
    try:
        return Settings(**tables)
    except ValidationError as error:
        raise SettingsError(_first_fault(error, file)) from None
    except ValueError as error:  # an environment variable that is not the JSON it should be
        raise SettingsError(
            f"environment: {error}; see config/framecue.toml for what each key takes"
        ) from None


def _read_tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}); name another file with --config"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: is not UTF-8 text; restore it from config/framecue.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}; mend that line") from None


def _refuse_unknown_variables() -> None:
    """A variable of a table that does not exist would otherwise be passed over in silence."""
    for name in os.environ:
        table, nested, _ = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and nested and table not in Settings.model_fields:
            raise SettingsError(
                f"environment {name}: no such table; there are {', '.join(Settings.model_fields)}"
            )


def _first_fault(error: ValidationError, file: Path | None) -> str:
    where, fault = _innermost(error, ())
    key = ".".join(str(step) for step in where)
    unknown = (fault["ctx"]["key"],) if fault["type"] == "unknown_key" else ()
    variable = PREFIX + "__".join(str(step) for step in (*where, *unknown)).upper()
    source = f"environment {variable}" if variable in os.environ else str(file or "settings")
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = fault["input"]
    shown = "" if isinstance(given, dict | list | tuple) else f"got {given!r}, "
    place = f"{source}: {key}" if key else source
    return f"{place}: {shown}{message[0].lower()}{message[1:]}"


def _innermost(error: ValidationError, above: tuple[int | str, ...]) -> tuple[tuple[int | str, ...], Any]:
    """The first fault and its whole place; a driver's own table is a validation within the validation."""
    fault = error.errors(include_url=False)[0]
    where = above + tuple(fault["loc"])
    inner = fault.get("ctx", {}).get("error")
    return _innermost(inner, where) if isinstance(inner, ValidationError) else (where, fault)
