"""Guides as readers see them: texts with anchors, code, pictures, and operations as the reader's plan gets them."""
