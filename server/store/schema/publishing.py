"""What left for the public, and who approved it."""
