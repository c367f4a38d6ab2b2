"""Rendered people from real body meshes, dressed, posed and lit at random, with exact parts and lines."""
