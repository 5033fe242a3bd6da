"""What `omnitrack publish` does: read files, publish their touchpoints, keep the account of their lines."""
