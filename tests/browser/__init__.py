"""The portal in a real browser, over the running installation."""
