"""What both planes must agree on. Pure Python and msgspec: nothing here imports Django or does I/O."""
