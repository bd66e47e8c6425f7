"""Small simulated experiments with a known answer, for the how-to guides and the benchmarks."""
