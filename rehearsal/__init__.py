"""The whole delivery on one machine: an emulated AWS, and the story that is told on it."""
