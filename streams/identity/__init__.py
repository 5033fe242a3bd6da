"""Whose touchpoint it is: resolved by customer_no, by links, or anonymous."""
