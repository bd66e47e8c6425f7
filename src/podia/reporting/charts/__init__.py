"""Small plots as inline SVG: the same bytes for the same numbers, styled by the page, no drawing library."""
