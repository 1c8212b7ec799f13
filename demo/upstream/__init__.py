"""The sample upstream: the API of an invented clinic."""
