"""The letters about units on their way to their owners."""
