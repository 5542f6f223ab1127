"""Finds tests that cannot fail: `make mutation` changes the code in small ways, and sees whether a test notices."""
