"""escapelens shows which values the Go compiler puts on the heap, where, and why."""

__version__ = "0.1.0"
