"""The city as typed columns, its readers and its errors."""
