"""What several test files share."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def coral_models() -> Path:
    """The folder of published models; never part of the repository."""
    named = os.environ.get("FRAMECUE_MODELS", "").split(os.pathsep)
    folders = [Path(name) for name in named if name] + [SHARED / "models" / "coral"]
    found = next((folder for folder in folders if any(folder.glob("bodypix*.tflite"))), None)
    if found is None:
        pytest.skip("no published models: set FRAMECUE_MODELS to a folder that has them")
    return found
