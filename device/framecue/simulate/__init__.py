"""The simulated photographer: the guide proven on people who follow it badly."""
