"""Files that come with the project: the same whether it is installed or run from a checkout."""

from pathlib import Path


def project_file(relative: str) -> Path:
    """Path of a shipped file or folder, such as "models/registry.toml" or "config/looks"."""
    package = Path(__file__).parent
    installed = package / "data" / relative
    return installed if installed.exists() else package.parents[1] / relative
