"""The door to a machine, and its live, image and recorded implementations."""
