"""What writes touchpoints: the publisher, importers of real files, the bank simulator."""
