"""The findings of a review in the formats that tools read."""
