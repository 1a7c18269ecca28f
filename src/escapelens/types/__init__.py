"""Asks Go's own type checker what is called and what is assigned at a place in the source."""

from escapelens.types.answers import Answers, Call, Place, Target
from escapelens.types.asking import ask

__all__ = ["Answers", "Call", "Place", "Target", "ask"]
