"""What happened, who wants to know, and what waits to be sent."""
