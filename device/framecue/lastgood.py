"""The last settings that worked: a booth at an event starts on them when its file cannot be used."""

import logging
import os
from pathlib import Path

from framecue.composition.lens import load_lens
from framecue.composition.look import load_look
from framecue.durable import write_durably
from framecue.errors import LookError, SettingsError
from framecue.settings import Settings, load_settings

log = logging.getLogger(__name__)


def state_folder() -> Path:
    """Where the booth remembers things between starts: systemd's state folder, or the user's own."""
    under_systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(under_systemd or Path(home).expanduser() / "framecue")


def usable_settings(file: Path | None, state: Path) -> tuple[Settings, str | None]:
    """Settings the daemon can start on, and what is wrong with the file if they are not the file's.

    Raises SettingsError or LookError about the file itself when there are no earlier ones to fall back on.
    """
    try:
        return _checked(file), None
    except (SettingsError, LookError) as fault:
        kept = _kept_file(state)
        if not kept.is_file():
            raise
        try:
            return _checked(kept), f"{fault}. STARTED ON THE LAST SETTINGS THAT WORKED ({kept})"
        except (SettingsError, LookError):
            raise fault from None


def keep_settings(file: Path | None, state: Path) -> None:
    """Remember a file that has just proved to work. A disk that refuses is logged, no more."""
    if file is None:
        return
    try:
        state.mkdir(parents=True, exist_ok=True)
        write_durably(_kept_file(state), file.read_bytes())
    except OSError as error:
        log.warning("last good settings not kept in %s: %s", state, error.strerror)


def _checked(file: Path | None) -> Settings:
    settings = load_settings(file)
    load_look(settings.guide.look, settings.looks.folders)
    load_lens(settings.camera.lens)
    return settings


def _kept_file(state: Path) -> Path:
    return state / "last-good.toml"
