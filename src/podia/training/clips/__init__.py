"""Training clips: sampling, resampling, augmentation."""
