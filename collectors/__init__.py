"""Looking: collectors read posture facts through a ``Host`` and never judge them."""
