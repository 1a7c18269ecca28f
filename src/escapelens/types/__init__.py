"""Asks Go's own type checker what is called and what is assigned at a place in the source."""

from escapelens.types.answers import Answers, Call, Memory, Place, Span, Target, TypeName, Value
from escapelens.types.asking import ask
from escapelens.types.facts import Declaration, Facts, Name, Object, Spot, Type
from escapelens.types.pools import Observation, PoolFacts, Pools, PoolUse

__all__ = [
    "Answers",
    "Call",
    "Declaration",
    "Facts",
    "Memory",
    "Name",
    "Object",
    "Observation",
    "Place",
    "PoolFacts",
    "PoolUse",
    "Pools",
    "Span",
    "Spot",
    "Target",
    "Type",
    "TypeName",
    "Value",
    "ask",
]
