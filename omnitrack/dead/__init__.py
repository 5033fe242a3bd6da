"""What `omnitrack dead` does: dead letters found, shown, repaired, replayed, given up."""
