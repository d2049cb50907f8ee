"""What a rehearsal stands on: a Docker engine, the toolchain, the emulated AWS, an image builder, a project."""
