"""What is attached to a booth: opened where it works, left out with a line in the log where it does not."""

import logging
from collections.abc import Callable
from typing import cast

from framecue.errors import IndicatorError, PanTiltError, ShutterError
from framecue.imu import IMUS, Imu, ImuSettings
from framecue.imu.watch import ImuWatch
from framecue.indicators import INDICATORS, Indicator
from framecue.pantilt import PAN_TILTS, PanTilt
from framecue.pantilt.turner import Turner
from framecue.settings import Settings
from framecue.shutter import SHUTTERS, Ask, Shutter

log = logging.getLogger(__name__)


def opened_indicators(settings: Settings) -> list[Indicator]:
    """The indicators that work: a booth with a dead lamp still shoots."""
    opened: list[Indicator] = []
    for each in settings.indicators:
        try:
            opened.append(INDICATORS.driver(each))
        except IndicatorError as error:
            log.error("left out: %s", error)
    return opened


def opened_shutters(settings: Settings, ask: Ask) -> list[Shutter]:
    """The shutters that work; raises the last one's ShutterError where there are some, but none works."""
    opened: list[Shutter] = []
    fault: ShutterError | None = None
    for each in settings.shutters:
        try:
            opened.append(SHUTTERS.driver(each, ask))
        except ShutterError as error:
            fault = error
            log.error("left out: %s", error)
    if fault is not None and not opened:
        raise fault
    return opened


def opened_turner(settings: Settings, busy: Callable[[], bool], head: PanTilt | None) -> Turner | None:
    """What turns the camera, unless it is busy; without one that works guests are asked for everything.

    head: the driver; the settings' own if None.
    """
    if settings.pan_tilt is None:
        return None
    if settings.guide.mount != "fixed":
        log.warning("the pan-tilt head is left alone: guide.mount is not fixed")
        return None
    try:
        opened = head or cast(PanTilt, PAN_TILTS.driver(settings.pan_tilt))
    except PanTiltError as error:
        log.error("left out: %s", error)
        return None
    return Turner(settings.pan_tilt, opened, busy)


def watched_imu(
    settings: ImuSettings | None, on_lie: Callable[[str], None], clock: Callable[[], float]
) -> ImuWatch | None:
    """A watch over the settings' level sensor; None where there is none."""
    if settings is None:
        return None
    return ImuWatch(settings, lambda: cast(Imu, IMUS.driver(settings)), on_lie=on_lie, clock=clock)
