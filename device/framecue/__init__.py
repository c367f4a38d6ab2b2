"""Framecue: a camera appliance that teaches the person behind it."""
