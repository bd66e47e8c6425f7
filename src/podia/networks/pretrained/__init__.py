"""Public pretrained weights: finding, downloading, checking and converting."""
