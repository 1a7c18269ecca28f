"""Every `sync.Pool` of some packages: how it is used, and what is wrong with that."""

from escapelens.pools.finding import find_pools

__all__ = ["find_pools"]
