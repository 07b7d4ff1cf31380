"""The people of the sign-in tests."""

from tests.features.accounts.conftest import looking, with_password

__all__ = ["looking", "with_password"]
