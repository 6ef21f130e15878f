"""Replacement planning: equipment, elections and money in, a plan out. Pure, but for reading and writing files."""
