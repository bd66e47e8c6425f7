"""Cell shapes: Fourier descriptors, principal modes, clusters, transitions."""
