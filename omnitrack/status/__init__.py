"""What `omnitrack status` tells: lag, rows, dead letters, and whether the account of records adds up."""
