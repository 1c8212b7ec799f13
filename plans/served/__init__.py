"""A version's document as the subscribers of a plan are served it."""
