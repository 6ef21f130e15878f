"""Elections: voting days, the windows that rules put around them, the phase an office is in. Pure."""
