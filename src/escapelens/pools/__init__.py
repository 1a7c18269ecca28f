"""Every `sync.Pool` of some packages: how it is used, and what is wrong with that."""
