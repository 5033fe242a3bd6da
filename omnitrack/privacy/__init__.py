"""What keeps customers' identities from those who need not know them."""
