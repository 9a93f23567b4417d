"""经办机构: what the agency has published and opened, which everything above asks first."""
