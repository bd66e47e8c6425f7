"""Cell contact: number of cells in each region, and their identities during and after contact."""
