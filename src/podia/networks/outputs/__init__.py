"""What a network predicts per pixel: channels, activation, target and decoding."""
