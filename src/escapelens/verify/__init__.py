"""Compiles rewritten programs and tells what became of their sites; no file of the user changes."""

from escapelens.verify.judging import Standing, standing
from escapelens.verify.verifying import Verifier

__all__ = ["Standing", "Verifier", "standing"]
