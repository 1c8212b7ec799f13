"""Masking of JSON answers: rules, the compiled masker, which bodies it may read, which headers may pass."""
