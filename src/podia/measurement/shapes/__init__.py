"""Cell shape: Fourier descriptors, principal modes, clusters, transitions."""
