"""What can be wrong with a movie or its results, a function each."""
