"""What `omnitrack erase` does: one customer forgotten, everywhere."""
