"""Tell whether two names may mean the same, however they are spelt."""
