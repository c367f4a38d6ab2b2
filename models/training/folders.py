"""Where training finds its data and keeps what it makes."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

EMPTY = frozenset({"0536"})  # its label has nothing in it, at the source
HELD_OUT = 5  # every fifth photo, by its number, is never trained on: they are what is reported on


@dataclass(frozen=True, slots=True)
class Folders:
    """ccp: photos, labels, labels.json and chins.csv. coco: photos and people.json. others: other photos.
    bodypix: the published model's file. work: everything made on the way, safe to delete."""

    ccp: Path
    coco: Path
    others: Path
    bodypix: Path
    work: Path

    def labelled(self) -> list[str]:
        """Names of CCP photos with a label, in order."""
        return [path.stem for path in sorted((self.ccp / "labels").glob("*.png")) if path.stem not in EMPTY]

    def photos(self) -> dict[str, Path]:
        """Every photo by a name that is unique: "ccp-0001", "coco-000000000790", "other-pets"."""
        found = {}
        for kind, folder in (
            ("ccp", self.ccp / "photos"),
            ("coco", self.coco / "photos"),
            ("other", self.others),
        ):
            for path in sorted(folder.iterdir()):
                if path.suffix in {".jpg", ".bmp"}:
                    found[f"{kind}-{path.stem}"] = path
        return found


def held_out(number: int) -> bool:
    """Whether the photo of that number is kept for reporting."""
    return number % HELD_OUT == 0


def add_arguments(parser: ArgumentParser) -> None:
    """Arguments every step takes."""
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data and models")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="folder for what is made")


def folders(options: Namespace) -> Folders:
    """The folders that the arguments mean; one clear line where the data is not there."""
    shared: Path = options.shared
    found = Folders(
        ccp=shared / "data/ccp",
        coco=shared / "data/coco",
        others=shared / "photos",
        bodypix=shared / "models/coral/bodypix_mobilenet_v1_075_720_1280_16_quant.tflite",
        work=options.work,
    )
    for path in (found.ccp, found.coco, found.others, found.bodypix):
        if not path.exists():
            raise SystemExit(f"no training data at {path}: pass --shared FOLDER, or run the step `fetch`")
    found.work.mkdir(parents=True, exist_ok=True)
    return found
