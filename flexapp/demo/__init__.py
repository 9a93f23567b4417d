"""Everything fictional: residents, staff, legacy units, and generated data for load tests."""
