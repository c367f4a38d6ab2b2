"""What several test files share."""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
SYSTEM_GI = Path("/usr/lib/python3/dist-packages/gi")


def pytest_configure(config: pytest.Config) -> None:
    """PyGObject comes with the system only: it, and nothing else of the system's, is made to be found."""
    built_for = f"_gi.cpython-{sys.version_info[0]}{sys.version_info[1]}-*"
    if find_spec("gi") is None and any(SYSTEM_GI.glob(built_for)):
        lent = tempfile.TemporaryDirectory(prefix="framecue-gi-")
        config.add_cleanup(lent.cleanup)
        (Path(lent.name) / "gi").symlink_to(SYSTEM_GI)
        sys.path.append(lent.name)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment of its own: no settings, models, state or albums but the test's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FRAMECUE_", "XDG_"))}
    return {**kept, "HOME": str(tmp_path / "home")}


@pytest.fixture(scope="session")
def coral_models() -> Path:
    """The folder of published models; never part of the repository."""
    named = os.environ.get("FRAMECUE_MODELS", "").split(os.pathsep)
    folders = [Path(name) for name in named if name] + [SHARED / "models" / "coral"]
    found = next((folder for folder in folders if any(folder.glob("bodypix*.tflite"))), None)
    if found is None:
        pytest.skip("no published models: set FRAMECUE_MODELS to a folder that has them")
    return found
