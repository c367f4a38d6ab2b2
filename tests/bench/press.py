"""How long from a press until the booth says "got it": `python -m tests.bench.press`.

The button's own thread, the panel and LEDs, all real but for the pins; milliseconds from the first contact
until the lamps show that a shot is being taken. What is meant to be waited, min_press_s, is part of it.
"""

import threading
import time

import numpy as np
from gpiozero.pins.mock import MockFactory

from framecue.indicators import Notice, leds
from framecue.indicators.panel import Panel
from framecue.presses import Presses
from framecue.shutter import button

RUNS = 100


def main() -> None:
    """Print median and worst."""
    factory = MockFactory()
    lamps = leds.Driver(leds.Settings(), pin_factory=factory)
    panel = Panel([lamps])
    shown = threading.Event()

    def shoot() -> None:
        panel.notice(Notice("shooting", "Shooting"))
        shown.set()

    presses = Presses(shoot, lambda: None, panel)
    shutter = button.Driver(button.Settings(min_interval_s=0), presses.ask, pin_factory=factory)
    pin = factory.pin(26)
    waited = []
    for _ in range(RUNS):
        shown.clear()
        began = time.perf_counter()
        pin.drive_low()
        shown.wait()
        waited.append((time.perf_counter() - began) * 1000)
        pin.drive_high()
        time.sleep(0.15)  # a release takes a while to count
    shutter.close()
    panel.close()
    print(f"press to got it: median {np.median(waited):.1f} ms, worst of {RUNS} {max(waited):.1f} ms")


if __name__ == "__main__":
    main()
