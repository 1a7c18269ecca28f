"""Bytes of compiler output in, records out; one file per format."""
