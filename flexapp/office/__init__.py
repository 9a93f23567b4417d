"""The agency's desk: figures, years, pilot areas, announcements, batches, dashboard, audit."""
