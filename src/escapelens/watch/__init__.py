"""Builds again what changed, as it changes, and tells what came of it.

`deciding` says when and what, `holding` keeps what is known, `session` joins them to the clock.
"""
