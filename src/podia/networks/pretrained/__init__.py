"""Public weights of encoders: found or downloaded, checked and converted."""
