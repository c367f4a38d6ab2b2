"""The studio: a simulated twin of people in a room in front of a camera, with exact parts and depth."""

from framecue.studio.render import Studio, Truth, View, render
from framecue.studio.scene import Light, Person, Pose, Room, Scene

__all__ = ["Light", "Person", "Pose", "Room", "Scene", "Studio", "Truth", "View", "render"]
