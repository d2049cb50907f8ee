"""The toolchain: which parts it has, how each is made or found, and where it lies."""
