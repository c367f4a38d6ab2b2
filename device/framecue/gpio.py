"""GPIO pins, as lights and buttons need them."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import Field

from framecue.errors import FramecueError

Pin = Annotated[int, Field(ge=0, le=27)]  # GPIO number, as "GPIO17" on the 40-pin header
_log = logging.getLogger(__name__)


@contextmanager
def opening_pins(kind: str, fault: type[FramecueError]) -> Iterator[None]:
    """Turn whatever goes wrong while pins are claimed into one line."""
    with warnings.catch_warnings(record=True) as fallbacks:
        warnings.simplefilter("always")
        try:
            yield
        except Exception as error:  # pin libraries raise classes of their own, without a common base
            reason = " ".join(str(error).split()) or type(error).__name__
            raise fault(
                f"{kind}: GPIO pins cannot be used ({reason}); run on a board with GPIO, as a user of group "
                "gpio, with pins nobody else holds, or remove this entry from the settings"
            ) from error
        finally:
            for fallback in fallbacks:  # why gpiozero took another pin library than its first choice
                _log.debug("%s: %s", kind, fallback.message)
