"""What earlier runs found out, kept in the user's cache folder."""
