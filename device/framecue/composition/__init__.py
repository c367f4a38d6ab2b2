"""From a segmentation to what the photographer should do: measure, look, geometry, guide."""
