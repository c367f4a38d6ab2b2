"""`framecue calibrate`: the commands."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from framecue.errors import DepthError, ImuError, PhotoError

calibrate_app = typer.Typer(
    help="Tell Framecue about its lens, its level sensor and its depth sensor.", no_args_is_help=True
)


@calibrate_app.command("board")
def calibrate_board(
    out: Annotated[Path, typer.Option(help="Picture file to write; prints on A4.")] = Path("board.png"),
) -> None:
    """Write the board whose photos calibrate a lens."""
    from framecue.calibrate.board import save_board

    save_board(out)
    print(out)


@calibrate_app.command("lens")
def calibrate_lens(
    photos: Annotated[list[Path], typer.Argument(help="Photos of the printed board, eight or more.")],
    out: Annotated[Path, typer.Option(help="Lens file to write.")] = Path("lens.toml"),
) -> None:
    """Find a camera's field of view and distortion from photos of the board."""
    from framecue.calibrate.board import calibrated, lens_file, read_pictures
    from framecue.durable import write_durably

    lens, used = calibrated(read_pictures(photos))
    for index, photo in enumerate(photos):
        if index not in used:
            print(f"framecue: {photo} shows too little of the board; not used", file=sys.stderr)
    try:
        write_durably(out.absolute(), lens_file(lens, len(used)).encode())
    except OSError as error:
        raise PhotoError(f"{out} cannot be written ({error.strerror}); choose another place") from None
    print(
        f"field of view {lens.fov_deg:.2f} degrees, off by {lens.error_px:.2f} pixels over {len(used)} photos"
    )
    print(f'{out}: put lens = "{out.absolute()}" under [camera]')


@calibrate_app.command("stereo")
def calibrate_stereo(
    left: Annotated[Path, typer.Argument(help="Folder of the left camera's photos of the board.")],
    right: Annotated[Path, typer.Argument(help="Folder of the right one's, in the same order of names.")],
    square: Annotated[
        float | None, typer.Option(min=1, max=500, help="Side of a printed square, millimetres; 23 on A4.")
    ] = None,
    out: Annotated[Path, typer.Option(help="File of the pair to write.")] = Path("pair.toml"),
) -> None:
    """Find how two cameras side by side stand, from pairs of photos of the board taken at the same moment."""
    from framecue.calibrate.board import SQUARE_M, read_pictures
    from framecue.calibrate.stereo import pair_file, paired
    from framecue.durable import write_durably
    from framecue.photo import is_photo

    for folder in (left, right):
        if not folder.is_dir():
            raise PhotoError(f"{folder} is no folder; name one folder of photos for each camera")
    lefts, rights = (
        read_pictures(sorted(photo for photo in folder.iterdir() if is_photo(photo)))
        for folder in (left, right)
    )
    pair = paired(lefts, rights, SQUARE_M if square is None else square / 1000)
    try:
        write_durably(out.absolute(), pair_file(pair, len(lefts)).encode())
    except OSError as error:
        raise PhotoError(f"{out} cannot be written ({error.strerror}); choose another place") from None
    print(
        f"cameras {-100 * pair.offset_m[0]:.1f} cm apart, off by {pair.error_px:.2f} pixels "
        f"over {len(lefts)} pairs"
    )
    print(f'{out}: put pair = "{out.absolute()}" under [portrait]')


@calibrate_app.command("imu")
def calibrate_imu(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file, TOML.")] = None,
) -> None:
    """Zero the level sensor: hold the camera level and still, and put the two lines printed under [imu]."""
    from framecue.calibrate.level import felt_level
    from framecue.imu import IMUS
    from framecue.settings import find_settings_file, load_settings

    settings = load_settings(config or find_settings_file()).imu
    if settings is None:
        raise ImuError("there is no [imu] in the settings; name its kind there, such as mpu6050")
    imu = IMUS.driver(settings)
    try:
        level = felt_level(imu, settings)
    finally:
        imu.close()
    print(f"zero_pitch_deg = {level.pitch_deg:.2f}\nzero_roll_deg = {level.roll_deg:.2f}")


@calibrate_app.command("depth")
def calibrate_depth(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file, TOML.")] = None,
    out: Annotated[Path, typer.Option(help="Calibration file to write.")] = Path("depth.toml"),
) -> None:
    """Find where the depth sensor sits: show it the board on a bare wall from several sides, held still."""
    from typing import cast

    from framecue.calibrate.pairs import collect
    from framecue.calibrate.walls import fitted
    from framecue.camera import CAMERAS, Camera
    from framecue.composition.lens import load_lens
    from framecue.depth import DEPTHS, DepthSensor
    from framecue.depth.align import CameraView
    from framecue.depth.alignment import alignment_file
    from framecue.durable import write_durably
    from framecue.settings import find_settings_file, load_settings

    settings = load_settings(config or find_settings_file())
    if settings.depth is None:
        raise DepthError("there is no [depth] in the settings; name its kind there, such as arducam")
    lens = load_lens(settings.camera.lens)
    if lens is None:
        print(
            "framecue: the lens is not calibrated; `framecue calibrate lens` first is better", file=sys.stderr
        )
    view = CameraView(
        settings.camera.width / settings.camera.height, settings.camera.fov_deg_with(lens), lens
    )
    camera = cast(Camera, CAMERAS.driver(settings.camera))
    try:
        sensor = cast(DepthSensor, DEPTHS.driver(settings.depth, camera.read))
        try:
            walls = collect(
                camera, sensor, view, say=lambda text: print(f"  {text}", file=sys.stderr, flush=True)
            )
        finally:
            sensor.close()
    finally:
        camera.close()
    alignment = fitted(walls)
    try:
        write_durably(out.absolute(), alignment_file(alignment, len(walls)).encode())
    except OSError as error:
        raise DepthError(f"{out} cannot be written ({error.strerror}); choose another place") from None
    right, below, ahead = (100 * value for value in alignment.offset_m)
    print(
        f"the sensor is {right:.1f} cm right of the camera, {-below:.1f} above, {ahead:.1f} before it; walls "
        f"are off by {alignment.error_mm:.0f} mm over {len(walls)} pairs"
    )
    print(f'{out}: put calibration = "{out.absolute()}" under [depth]')
