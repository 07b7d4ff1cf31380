"""Decisions about people. Nothing here commits; every decision is written in the person's journal."""
