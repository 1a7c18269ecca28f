"""Reads flows and the source at their positions: evidence of why sites are on the heap."""
