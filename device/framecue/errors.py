"""What can go wrong, one class for each thing a caller may want to tell apart.

Every message is one line for the person at the booth: what happened, where, and what to do.
The commands print it and exit with 1; the daemon logs it and goes on where it can.
"""


class FramecueError(Exception):
    """Base of everything Framecue raises on purpose."""


class SettingsError(FramecueError):
    """A settings file cannot be read, or holds a key or value that is not allowed."""


class PhotoError(FramecueError):
    """A picture file is missing, empty, damaged, not a picture, or too large."""


class NobodyError(PhotoError):
    """A picture shows nobody, so there is nothing to make of it."""


class CameraError(FramecueError):
    """The camera cannot give a frame."""


class CameraMissingError(CameraError):
    """There is no such camera, or its driver is not installed; worth trying again later."""


class CameraStalledError(CameraError):
    """The camera is there but gave no frame in time; reopening it may help."""


class EndOfFramesError(CameraError):
    """A source that plays once has come to its end."""


class ModelError(FramecueError):
    """A model cannot be used."""


class ModelMissingError(ModelError):
    """The model's file is on none of the model folders; the message names the fetch command."""


class ModelCorruptError(ModelError):
    """The model's file is damaged or is another model than its name says."""


class SegmenterError(FramecueError):
    """The segmenter's process died, hung, or answered nonsense; it is being replaced."""


class AcceleratorError(ModelError):
    """The Edge TPU's library or device is missing."""


class AlbumError(FramecueError):
    """A shot cannot be kept."""


class AlbumFullError(AlbumError):
    """Less free space is left than a shot needs."""


class AlbumUnwritableError(AlbumError):
    """The album's folder cannot be made or written."""


class CopyError(AlbumError):
    """Shots could not be copied to another disk; those in the album are not touched."""


class LookError(FramecueError):
    """A look does not exist or its file is damaged."""


class CompositionError(FramecueError):
    """A composition given as text is not one."""


class IndicatorError(FramecueError):
    """An indicator's hardware cannot be used."""


class ShutterError(FramecueError):
    """A shutter's hardware cannot be used."""


class ImuError(FramecueError):
    """An inertial sensor is missing, is another one, or does not answer."""


class DepthError(FramecueError):
    """A depth sensor is missing, is another one, or gives no maps that can be used."""


class PanTiltError(FramecueError):
    """A pan-tilt head's hardware cannot be used."""
