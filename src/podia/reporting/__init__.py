"""Tables in, pages and figures out."""
